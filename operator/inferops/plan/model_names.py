"""Whether requests that name its model on the shared host find an instance.

The gateway decides by the same order (gateway/claims.py).
"""

from inferops.errors import SpecError
from inferops.names import Manifest
from inferops.plan.hosts import order
from inferops.plan.types import InstanceInputs
from inferops.specs.base import read_spec
from inferops.specs.catalog import ModelSpec, served_name


def find_model_conflict(inputs: InstanceInputs) -> str | None:
    """Why its model name leads elsewhere; None where it leads here, or is shared with it."""
    rivals = [rival for rival in inputs.namesakes if not rival["metadata"].get("deletionTimestamp")]
    owner = min([inputs.obj, *rivals], key=lambda each: (not weighs(each), order(each)))
    if owner is inputs.obj or weighs(inputs.obj):
        return None
    shared = weighs(owner)
    why = "others share it by spec.weight" if shared else "the oldest that runs has the name"
    return (
        f'On the shared host the model name "{model_name(inputs)}" leads to InferenceInstance'
        f' "{owner["metadata"]["name"]}": {why}. This instance answers at its own address.'
    )


def weighs(obj: Manifest) -> bool:
    """Whether it takes a part of the requests for its model name."""
    spec = obj.get("spec") or {}
    return bool(spec.get("weight")) and not spec.get("stopped")


def model_name(inputs: InstanceInputs) -> str:
    """As requests carry it, as far as the Model tells."""
    name: str = inputs.obj["spec"]["model"]
    try:
        return served_name(name, read_spec(ModelSpec, inputs.named.get(("Model", name), {})))
    except SpecError:
        return name

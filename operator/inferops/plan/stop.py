"""spec.stopped, which holds whatever else is wrong with the spec."""

from inferops.errors import SpecError
from inferops.names import Manifest
from inferops.plan.scaling import plan_scaled_object
from inferops.plan.types import InstanceInputs, Parsed, Plan
from inferops.settings import Settings
from inferops.specs.base import read_spec
from inferops.specs.instance import InstanceSpec


def is_stopped(obj: Manifest, outcome: Plan | SpecError) -> bool:
    """Whether the user stopped it, and it can be: a spec that is not well-formed says nothing for certain."""
    if not (obj.get("spec") or {}).get("stopped"):
        return False
    return isinstance(outcome, Plan) or is_well_formed(obj)


def is_well_formed(obj: Manifest) -> bool:
    """Whether the spec parses; what it names may still be missing."""
    try:
        read_spec(InstanceSpec, obj)
    except SpecError:
        return False
    return True


def plan_stop(inputs: InstanceInputs, settings: Settings) -> list[Manifest]:
    """The ScaledObjects that keep each region at zero: no name of the spec need be known for that. Without KEDA there
    are none. Raises SpecError where the spec is not well-formed.
    """
    meta = inputs.obj["metadata"]
    spec = read_spec(InstanceSpec, inputs.obj)
    parsed = Parsed(
        namespace=meta["namespace"],
        name=meta["name"],
        uid=meta.get("uid", ""),
        spec=spec,
        settings=settings,
        keda=inputs.keda,
    )
    return [scaled for region in spec.regions for scaled in plan_scaled_object(parsed, region)]

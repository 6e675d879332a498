"""`limits` and what else decides of requests on their way <-> the custom resource."""

from typing import Any

from inferops.names import Manifest
from inferops.rest.traffic import Limits
from inferops.specs.instance import InstanceSpec
from inferops.specs.instance import Limits as SpecLimits

DEFAULTS = SpecLimits().model_dump(by_alias=True)


def build_limits(limits: Limits | None) -> Manifest:
    """All of them, as the API server completes them: so that what changes nothing is seen to."""
    given = limits.model_dump(by_alias=True, exclude_none=True) if limits else {}
    return DEFAULTS | given


def show_traffic(spec: Manifest) -> dict[str, Any]:
    """Fields of an answer, with the defaults."""
    fields = InstanceSpec.model_fields
    return {
        "limits": Limits.model_validate(DEFAULTS | (spec.get("limits") or {})),
        "load_balancing": spec.get("loadBalancing", fields["load_balancing"].default),
        "resend": spec.get("resend", fields["resend"].default),
        "weight": spec.get("weight"),
    }

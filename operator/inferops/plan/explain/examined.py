"""What one look at an instance and everything around it gave."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

from inferops.errors import SpecError
from inferops.names import Manifest
from inferops.plan.conditions import Verdict
from inferops.plan.regions import RegionView, view_regions
from inferops.plan.types import InstanceInputs, Observed, Plan
from inferops.plan.verdicts import judge_instance

CATALOG = ("Model", "Hardware", "Region", "Registry", "ApiKey")


class Child(NamedTuple):
    """A planned object and what is there."""

    kind: str
    name: str
    state: Literal["planned", "drifted", "missing", "foreign", "ending", "unseen"]
    detail: str = ""


@dataclass(frozen=True)
class Gateway:
    """The way of requests to the instance."""

    name: str
    """Of its Service and Deployment."""
    service: Manifest | None = None
    deployment: Manifest | None = None


@dataclass(frozen=True)
class Examined:
    """Everything that is judged. Kinds in `refusals` could not be read, and are empty."""

    inputs: InstanceInputs
    outcome: Plan | SpecError
    observed: Observed
    now: datetime
    children: list[Child] = field(default_factory=list)
    needed: Mapping[tuple[str, str], Manifest | None] = field(default_factory=dict)
    """Secrets, ConfigMaps and claims that its pods name, by kind and name; None: not there."""
    autoscalers: Mapping[str, Manifest] = field(default_factory=dict)
    """KEDA's HorizontalPodAutoscalers by the name of their ScaledObject."""
    slices: list[Manifest] = field(default_factory=list)
    """EndpointSlices of its Service."""
    events: list[Manifest] = field(default_factory=list)
    """Warnings about its objects."""
    gateway: Gateway = Gateway("inferops-gateway")
    lease: Manifest | None = None
    """Of the operator."""
    refusals: Mapping[str, str] = field(default_factory=dict)
    """By kind, or by what was asked for: why it could not be read."""

    @property
    def obj(self) -> Manifest:
        """The InferenceInstance."""
        return self.inputs.obj

    @property
    def blind(self) -> list[str]:
        """Kinds without which the spec cannot be judged from here."""
        return [kind for kind in CATALOG if kind in self.refusals]

    @property
    def views(self) -> list[RegionView]:
        """Each region, as the status would say it now."""
        return view_regions(self.inputs, self.outcome, self.observed)

    @property
    def verdicts(self) -> list[Verdict]:
        """The conditions as they would be written now; as they were written last, where that cannot be told."""
        if not self.blind:
            return judge_instance(self.inputs, self.outcome, self.observed, self.views)
        written = (self.obj.get("status") or {}).get("conditions") or []
        return [Verdict(each["type"], each["status"], each["reason"], each["message"]) for each in written]

    @property
    def is_behind(self) -> bool:
        """Whether the operator has not yet looked at the newest spec."""
        seen = (self.obj.get("status") or {}).get("observedGeneration", 0)
        return bool(seen < self.obj["metadata"].get("generation", 0))

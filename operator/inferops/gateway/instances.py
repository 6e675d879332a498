"""InferenceInstances as the gateway sees them, parsed."""

from dataclasses import dataclass

from inferops.names import Manifest, instance_id, region_name
from inferops.specs.base import read_spec
from inferops.specs.instance import InstanceSpec, Seniority, seniority

NO_ROOM = {"Unschedulable", "NoMatchingNode", "NodesTainted", "QuotaExceeded"}
"""Reasons of condition Available."""


@dataclass(frozen=True)
class Instance:
    """One InferenceInstance."""

    namespace: str
    name: str
    created: str
    """RFC 3339, as the API server gives it: sorts as text."""
    spec: InstanceSpec
    cramped: bool = False
    """No node takes a replica of it, as its status says."""

    @property
    def id(self) -> str:
        """Host label, `/v2` id and cluster name."""
        return instance_id(self.namespace, self.name)

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name."""
        return self.namespace, self.name

    @property
    def workloads(self) -> dict[str, str]:
        """By region: the name of its Deployment and ScaledObject."""
        return {region.region: region_name(self.namespace, self.name, region.region) for region in self.spec.regions}

    @property
    def seniority(self) -> Seniority:
        """Who wins a name that several want: the smallest."""
        return seniority(self.namespace, self.name, self.created, stopped=self.spec.stopped)


def read_instance(obj: Manifest) -> Instance:
    """Parse an InferenceInstance. Raises SpecError."""
    meta = obj["metadata"]
    conditions: list[Manifest] = (obj.get("status") or {}).get("conditions") or []
    available = next((each for each in conditions if each.get("type") == "Available"), None)
    cramped = available is not None and available["status"] == "False" and available.get("reason") in NO_ROOM
    created = meta.get("creationTimestamp", "")
    return Instance(meta["namespace"], meta["name"], created, read_spec(InstanceSpec, obj), cramped)

"""What goes into a decision about an instance and what comes out of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from inferops.names import Manifest, instance_id
from inferops.plan.diagnosis.finding import NO_EVIDENCE, Evidence
from inferops.settings import Settings
from inferops.specs.catalog import HardwareSpec, ModelSpec, RegionSpec
from inferops.specs.instance import InstanceSpec
from inferops.specs.scaling import RegionScale


@dataclass(frozen=True)
class InstanceInputs:
    """Everything that is read for one decision about an instance."""

    obj: Manifest
    """The InferenceInstance."""
    named: Mapping[tuple[str, str], Manifest]
    """The objects that it names, by kind and name; what does not exist is absent."""
    known: Mapping[str, list[str]]
    """By kind: the names that do exist, where one that was asked for does not."""
    keda: bool = True
    """Whether KEDA can scale it: the cluster serves ScaledObjects, and none of its is being deleted."""
    keda_leaving: str = ""
    """Name of a ScaledObject of its that is being deleted, which waits for KEDA to let go of it."""
    claim: Manifest | None = None
    """The PersistentVolumeClaim of its cache, where there is one: most of it can never change."""
    rivals: Sequence[Manifest] = ()
    """Other InferenceInstances whose host names may be the one that it asks for."""
    namesakes: Sequence[Manifest] = ()
    """Other InferenceInstances of its namespace with the same model."""
    gateway_api: bool = True
    """Whether the cluster serves HTTPRoutes."""
    incapable: str | None = None
    """Why no node mounts an image as a volume, where weights are in one."""
    namespace_uid: str = ""
    """Of its Namespace, which owns what is made for it elsewhere."""


@dataclass(frozen=True)
class Parsed:
    """An instance whose spec is well-formed."""

    namespace: str
    name: str
    uid: str
    spec: InstanceSpec
    settings: Settings
    keda: bool

    @property
    def id(self) -> str:
        """Its id, and the name of its children."""
        return instance_id(self.namespace, self.name)


@dataclass(frozen=True)
class Resolved(Parsed):
    """An instance with every name replaced by what it names."""

    model: ModelSpec | None
    hardware: HardwareSpec
    regions: list[tuple[RegionScale, RegionSpec]]
    image: str
    port: int
    pull_secret: str | None
    claim: Manifest | None
    given_host: str | None
    """The host name of spec.ingress, where no older instance has it."""

    @property
    def host(self) -> str:
        """Where it answers."""
        return self.given_host or self.settings.gateway.host_of(self.id)

    @property
    def max_replicas(self) -> int:
        """Most replicas over all regions."""
        return sum(region.scale.max for region, _ in self.regions)


class Replicas(NamedTuple):
    """Who decides on a Deployment's replicas: we, where `fixed` is a number; else KEDA, from `initial` on."""

    fixed: int | None
    initial: int
    least: int | None = None
    """From so many on a count stays that somebody else has set, such as KEDA before it went."""


@dataclass(frozen=True)
class Plan:
    """The desired state of an instance."""

    objects: list[Manifest]
    """In the order in which they are applied."""
    replicas: dict[str, Replicas]
    """By Deployment name."""
    resolved: Resolved

    @property
    def keep(self) -> set[tuple[str, str]]:
        """Kind and name of everything planned: what else the instance owns is deleted."""
        return {(obj["kind"], obj["metadata"]["name"]) for obj in self.objects}


@dataclass(frozen=True)
class Observed:
    """What the cluster holds of an instance's children."""

    deployments: Mapping[str, Manifest] = field(default_factory=dict)
    scaled_objects: Mapping[str, Manifest] = field(default_factory=dict)
    pods: list[Manifest] = field(default_factory=list)
    routes: Sequence[Manifest] = ()
    """Its HTTPRoute."""
    scaler_unready: bool = False
    """One of its ScaledObjects is not Ready, or its autoscaler fails, and has been so for a while."""
    rejected: str | None = None
    """What the API server said when it refused one of the planned objects."""
    evidence: Evidence = NO_EVIDENCE
    """What explains pods that do not answer."""

"""What one look at an installation gave."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from inferops.names import Manifest
from inferops.plan.report import Line, unseen
from inferops.plan.seen import Seen
from inferops.plan.tls import Certificate
from inferops.settings import Settings

NOTHING = Seen([])
Right = tuple[str, str, str]
"""Verb, kind (or kind/subresource) and namespace; an empty namespace means all."""


class Metrics(NamedTuple):
    """What Prometheus answered."""

    problem: str = ""
    """Why it did not answer."""
    series: int = 0
    """Series of DCGM_FI_DEV_GPU_UTIL."""
    labelled: int = 0
    """Those of them that name a pod."""
    podless: bool = False
    """It runs outside of pods: it did not answer because it cannot be asked from here."""


class Link(NamedTuple):
    """What a pod of the gateway says of its connection to control."""

    connected: bool = False
    refusal: str = ""
    """Why it could not be asked."""


@dataclass(frozen=True)
class Survey:
    """Everything that is judged."""

    settings: Settings
    now: datetime
    release: str
    """Of the program that asks."""
    guessed: str = ""
    """Why the settings may not be the installation's."""
    kubernetes: str = ""
    """Version of the API server, such as v1.34.4."""
    features: Mapping[str, bool] | None = None
    """The API server's feature gates; None where it did not tell."""
    expected: Mapping[str, Manifest] = field(default_factory=dict)
    """CustomResourceDefinitions of this release, by name."""
    differences: Mapping[str, list[str]] = field(default_factory=dict)
    """By the name of a CustomResourceDefinition: paths of fields in which it is not this release's."""
    seen: Mapping[str, Seen] = field(default_factory=dict)
    """By kind, cluster-wide; Deployments, Services, Leases and EndpointSlices of the system namespace."""
    denied: list[Right] | None = None
    """What the operator's service account needs and may not; None where nobody could ask."""
    denial: str = ""
    """Why nobody could ask."""
    certificates: list[datetime] = field(default_factory=list)
    """Ends of the certificates that the API server trusts of the admission webhook."""
    tls: Mapping[str, Certificate] = field(default_factory=dict)
    """By the name of its Secret: what the gateway is to serve."""
    links: Mapping[str, Link] = field(default_factory=dict)
    """By the name of the gateway's pod."""
    metrics: Metrics | None = None
    """None where no Prometheus is set."""

    def of(self, kind: str) -> Seen:
        """What was seen of a kind."""
        return self.seen.get(kind, NOTHING)

    def find(self, kind: str, name: str) -> Manifest | None:
        """One object by its name."""
        return next((obj for obj in self.of(kind).objects if obj["metadata"]["name"] == name), None)

    def ready_endpoints(self, service: str) -> int:
        """Pods that a Service leads to."""
        slices = [each for each in self.of("EndpointSlice").objects if service_of(each) == service]
        endpoints = [endpoint for each in slices for endpoint in each.get("endpoints") or []]
        return sum((endpoint.get("conditions") or {}).get("ready", True) is not False for endpoint in endpoints)

    def blind(self, *kinds: str) -> list[Line]:
        """A line for each of the kinds that could not be read."""
        return [unseen(kind, self.of(kind).refusal) for kind in kinds if self.of(kind).refusal]


def service_of(endpoint_slice: Manifest) -> str:
    """Name of the Service that an EndpointSlice is of."""
    return str((endpoint_slice["metadata"].get("labels") or {}).get("kubernetes.io/service-name", ""))

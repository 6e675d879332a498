"""What the gateway does for each instance, in our own words: between the custom resources and Envoy's messages.

Nothing before this file knows Envoy, nothing after it knows Kubernetes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from inferops.gateway.endpoints import Endpoint
from inferops.gateway.instances import Instance
from inferops.gateway.keys import Limited
from inferops.specs.quantities import read_quantity

AUDIO_REQUEST_BYTES = 26 << 20
"""Audio files have at most 25 MB; the rest is the form around them."""
AUDIO_TIMEOUT = 3600
"""Seconds: recordings may last four hours."""
LARGEST_REQUEST = 1 << 30
"""The gateway keeps a body until a replica has taken it: more than this is nobody's request."""


@dataclass(frozen=True, slots=True)
class RouteLimits:
    """What one request may take; times in seconds."""

    request_bytes: int
    audio_bytes: int
    timeout: int
    audio_timeout: int
    hold_timeout: int
    held_requests: int


@dataclass(frozen=True, slots=True)
class Route:
    """Everything about the traffic of one instance."""

    id: str
    namespace: str
    hosts: tuple[str, ...]
    models: tuple[str, ...]
    """Model names that lead here on the shared host, for keys of the namespace."""
    shares: tuple[tuple[str, int], ...]
    """Ids and weights of all instances that share those names; empty: this one has them alone."""
    model: str
    """The model name that is served here, as records call it; empty where the Model does not exist."""
    clients: tuple[str, ...] | None
    """Client ids that may call; None: everybody, without a key."""
    limited: bool
    """Whether one of them has a limit."""
    endpoints: tuple[Endpoint, ...]
    stopped: bool
    limits: RouteLimits
    load_balancing: Literal["LeastRequest", "PrefixHash"]
    resend: bool
    """Whether a request that a replica broke off goes to another one."""
    most_replicas: int
    """Over all regions, when it is scaled up."""
    created: int
    """Seconds since 1970."""

    @property
    def cold(self) -> bool:
        """Nothing can answer now: requests are held until something can."""
        return not any(endpoint.ready for endpoint in self.endpoints)


class Owners(Protocol):
    """Which names the instances have, by namespace and name."""

    @property
    def hosts(self) -> Mapping[tuple[str, str], Sequence[str]]:
        """Host names."""

    @property
    def models(self) -> Mapping[tuple[str, str], Sequence[str]]:
        """Model names on the shared host."""

    @property
    def shares(self) -> Mapping[tuple[str, str], Sequence[tuple[str, int]]]:
        """Ids and weights of those that share a model name, by its owner."""

    @property
    def served(self) -> Mapping[tuple[str, str], str]:
        """The model name of each."""


class Callers(Protocol):
    """What ApiKeys open."""

    @property
    def callers(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """Namespace and name of an ApiKey -> client ids."""

    @property
    def limits(self) -> Mapping[str, Limited]:
        """By client id: of those that have a limit."""


def build_route(instance: Instance, claims: Owners, keyring: Callers, endpoints: tuple[Endpoint, ...]) -> Route:
    """One instance's route."""
    spec = instance.spec
    clients = None if spec.auth == "None" else callers(instance, keyring)
    return Route(
        id=instance.id,
        namespace=instance.namespace,
        hosts=tuple(claims.hosts.get(instance.key, ())),
        models=tuple(claims.models.get(instance.key, ())),
        shares=tuple(claims.shares.get(instance.key, ())),
        model=claims.served.get(instance.key, ""),
        clients=clients,
        limited=any(client in keyring.limits for client in clients or ()),
        endpoints=endpoints,
        stopped=spec.stopped,
        limits=build_limits(instance),
        load_balancing=spec.load_balancing,
        resend=spec.resend,
        most_replicas=sum(region.scale.max for region in spec.regions),
        created=int(datetime.fromisoformat(instance.created).timestamp()) if instance.created else 0,
    )


def callers(instance: Instance, keyring: Callers) -> tuple[str, ...]:
    """Client ids of the ApiKeys that the instance names and that are valid now."""
    named = ((instance.namespace, key) for key in instance.spec.api_keys or ())
    return tuple(sorted({client for key in named for client in keyring.callers.get(key, ())}))


def build_limits(instance: Instance) -> RouteLimits:
    """Limits of one request; audio routes take longer and smaller bodies."""
    limits = instance.spec.limits
    request_bytes = min(max(int(read_quantity(limits.max_request_bytes) or 0), 1), LARGEST_REQUEST)
    return RouteLimits(
        request_bytes=request_bytes,
        audio_bytes=min(request_bytes, AUDIO_REQUEST_BYTES),
        timeout=limits.request_timeout,
        audio_timeout=max(limits.request_timeout, AUDIO_TIMEOUT),
        hold_timeout=limits.hold_timeout,
        held_requests=limits.max_held_requests,
    )

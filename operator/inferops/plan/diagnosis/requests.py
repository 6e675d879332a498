"""What a pod asks of its node: the sum that the scheduler holds against what the node has."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from inferops.names import Manifest
from inferops.specs.quantities import read_quantity


def requests_of(pod: Manifest) -> dict[str, Decimal]:
    """What the pod asks for, by resource, as the scheduler counts (k8s.io/component-helpers, resource.PodRequests): its
    containers and sidecars together, or an init container with the sidecars before it if that is more; what the pod
    itself asks for in place of that; and its overhead.
    """
    spec = pod.get("spec") or {}
    total = sum_amounts(container_requests(container) for container in spec.get("containers") or [])
    sidecars, peak = dict[str, Decimal](), dict[str, Decimal]()
    for container in spec.get("initContainers") or []:
        asked = sum_amounts([sidecars, container_requests(container)])
        if container.get("restartPolicy") == "Always":
            sidecars = asked
        peak = largest(peak, asked)
    total = largest(sum_amounts([total, sidecars]), peak) | container_requests(spec)
    overhead = container_requests({"resources": {"requests": spec.get("overhead") or {}}})
    return sum_amounts([total, overhead, {"pods": Decimal(1)}])


def sum_amounts(amounts: Iterable[Mapping[str, Decimal]]) -> dict[str, Decimal]:
    """Together, by resource."""
    total: dict[str, Decimal] = {}
    for each in amounts:
        total = add_requests(total, each.items(), 1)
    return total


def largest(one: Mapping[str, Decimal], other: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """The larger amount of each resource."""
    return {name: max(one.get(name, Decimal(0)), other.get(name, Decimal(0))) for name in {*one, *other}}


def add_requests(
    total: Mapping[str, Decimal], requests: Iterable[tuple[str, Decimal]], sign: int
) -> dict[str, Decimal]:
    """The total with some more, or with less where `sign` is -1; without what comes to nothing."""
    result = dict(total)
    for resource, amount in requests:
        result[resource] = result.get(resource, Decimal(0)) + sign * amount
    return {resource: amount for resource, amount in result.items() if amount}


def container_requests(container: Manifest) -> dict[str, Decimal]:
    """Requests of one container; a limit without a request is one."""
    resources = container.get("resources") or {}
    asked = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
    return {resource: amount for resource, value in asked.items() if (amount := read_quantity(value)) is not None}


def sum_requests(pods: Iterable[Manifest]) -> dict[str, Decimal]:
    """What pods ask for together."""
    return sum_amounts(requests_of(pod) for pod in pods)

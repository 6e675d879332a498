"""EndpointSlices -> where an instance's pods answer."""

from collections.abc import Iterable
from dataclasses import dataclass

from inferops.gateway.instances import Instance
from inferops.names import HTTP_PORT, INSTANCE_LABEL, Manifest

SERVICE_LABEL = "kubernetes.io/service-name"


@dataclass(frozen=True, slots=True, order=True)
class Endpoint:
    """One pod's address."""

    address: str
    port: int
    region: str = ""
    ready: bool = True
    """False: no new request goes there, but open streams are still counted."""
    ending: bool = False
    """Whether it was told to end: else it may become ready."""


def slice_owner(obj: Manifest) -> tuple[str, str]:
    """Namespace and name of the instance that an EndpointSlice belongs to."""
    meta = obj["metadata"]
    return meta["namespace"], (meta.get("labels") or {}).get(INSTANCE_LABEL, "")


def read_endpoints(instance: Instance, slices: Iterable[Manifest]) -> tuple[Endpoint, ...]:
    """All addresses in the slices of the instance's own Service (discovery.k8s.io/v1), each once."""
    regions = {f"{workload}-": region for region, workload in instance.workloads.items()}
    found: dict[tuple[str, int], Endpoint] = {}
    for obj in slices:
        port = http_port(obj)
        if port is None or (obj["metadata"].get("labels") or {}).get(SERVICE_LABEL) != instance.id:
            continue
        for entry in obj.get("endpoints") or ():
            pod = (entry.get("targetRef") or {}).get("name", "")
            region = next((region for prefix, region in regions.items() if pod.startswith(prefix)), "")
            # "ready" may be absent, which means yes; a pod that ends is never ready
            conditions = entry.get("conditions") or {}
            ready, ending = conditions.get("ready") is not False, bool(conditions.get("terminating"))
            for address in entry["addresses"]:
                known = found.get((address, port))
                if known is None or not known.ready:
                    found[address, port] = Endpoint(address, port, region, ready, ending)
    return tuple(sorted(found.values()))


def http_port(obj: Manifest) -> int | None:
    """Port of the slice that engines answer on; None where it has none, or gives names in place of addresses."""
    if obj.get("addressType") == "FQDN":
        return None
    return next((port.get("port") for port in obj.get("ports") or () if port.get("name") == HTTP_PORT), None)

"""Which host name an instance has: the one of spec.ingress where it may have it, and always `<id>.<domain>`; and the
address that follows from it.

The gateway decides by the same order (gateway/claims.py); an Ingress or HTTPRoute for a host that leads elsewhere
would only mislead.
"""

from inferops.names import Manifest, instance_id
from inferops.plan.types import InstanceInputs
from inferops.settings import Settings
from inferops.specs.instance import Seniority, called, seniority


def default_host(obj: Manifest, settings: Settings) -> str:
    """`<id>.<domain>`: the instance's own, nobody can take it."""
    meta = obj["metadata"]
    return settings.gateway.host_of(instance_id(meta["namespace"], meta["name"]))


def wanted_host(obj: Manifest) -> str | None:
    """The host of spec.ingress."""
    host: str | None = ((obj.get("spec") or {}).get("ingress") or {}).get("host")
    return host.lower() if host else None


def granted_host(inputs: InstanceInputs, settings: Settings) -> str | None:
    """The host of spec.ingress, unless it is another's; None where it names none."""
    return None if find_host_conflict(inputs, settings) else wanted_host(inputs.obj)


def instance_address(host: str, settings: Settings) -> str:
    """URL of an instance, as its status shows it."""
    port = f":{settings.gateway.port}" if settings.gateway.port else ""
    return f"{settings.gateway.scheme}://{host}{port}/"


def find_host_conflict(inputs: InstanceInputs, settings: Settings) -> str | None:
    """Why the instance does not have the host that it asks for; None where it has it or asks for none."""
    host = wanted_host(inputs.obj)
    if host is None or host == default_host(inputs.obj, settings):
        return None
    holders = [rival for rival in inputs.rivals if wins(rival, inputs.obj, host, settings)]
    if host in settings.gateway.shared_hosts:
        holder = "the gateway itself"
    elif holders:
        meta = min(holders, key=order)["metadata"]
        holder = called((meta["namespace"], meta["name"]), inputs.obj["metadata"]["namespace"])
    else:
        return None
    own = default_host(inputs.obj, settings)
    return f'spec.ingress.host "{host}" belongs to {holder}: choose another one. Meanwhile it answers as {own}.'


def wins(rival: Manifest, obj: Manifest, host: str, settings: Settings) -> bool:
    """Whether the host is the rival's: by its id, or by seniority where both ask for it."""
    if rival["metadata"].get("deletionTimestamp"):
        return False
    return default_host(rival, settings) == host or (wanted_host(rival) == host and order(rival) < order(obj))


def order(obj: Manifest) -> Seniority:
    """Seniority of a manifest."""
    meta = obj["metadata"]
    stopped = bool((obj.get("spec") or {}).get("stopped"))
    return seniority(meta["namespace"], meta["name"], meta.get("creationTimestamp", ""), stopped=stopped)

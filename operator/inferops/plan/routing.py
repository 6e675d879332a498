"""What stands between an instance's host name and the gateway: the verdicts of condition Routable beside the keys."""

from inferops.names import Manifest
from inferops.plan.conditions import Verdict, no, unknown
from inferops.plan.diagnosis.words import quoted
from inferops.plan.hosts import find_host_conflict
from inferops.plan.types import InstanceInputs, Observed
from inferops.settings import Settings

INSTALL = "https://gateway-api.sigs.k8s.io/guides/#installing-gateway-api"


def judge_route(inputs: InstanceInputs, observed: Observed, settings: Settings) -> Verdict | None:
    """What is wrong with the way to the gateway; None where nothing is."""
    if refusal := (inputs.obj.get("status") or {}).get("gatewayRefusal"):
        text = f"The gateway cannot take its configuration and goes on with what it took last: {quoted(refusal)}"
        return no("Routable", "GatewayRefused", f"{text} Undo what changed last, or report it as a fault of inferops.")
    if conflict := find_host_conflict(inputs, settings):
        return no("Routable", "HostTaken", conflict)
    if not settings.ingress.makes("HTTPRoute"):
        return None
    if not inputs.gateway_api:
        text = f"The installation makes HTTPRoutes, but the cluster has no Gateway API: install its CRDs ({INSTALL})."
        return no("Routable", "GatewayApiNotInstalled", text)
    return next((judge_parents(route, settings) for route in observed.routes), None)


def judge_parents(route: Manifest, settings: Settings) -> Verdict | None:
    """What the Gateways say of the route: each answers with conditions of its own (Gateway API RouteParentStatus)."""
    parents = (route.get("status") or {}).get("parents") or []
    for parent in parents:
        for condition in parent.get("conditions") or []:
            if condition["type"] in {"Accepted", "ResolvedRefs"} and condition["status"] == "False":
                text = f"{name_of(parent)} refuses the HTTPRoute: {condition['message']}"
                return no("Routable", f"Route{condition['reason']}", text)
    if not parents:
        asked = " and ".join(f"{ref.namespace}/{ref.name}" for ref in settings.ingress.parent_refs)
        text = f"Gateway {asked} has not yet taken up the HTTPRoute: check that it exists and admits this namespace."
        return unknown("Routable", "WaitingForGateway", text)
    return None


def name_of(parent: Manifest) -> str:
    """The Gateway that speaks."""
    ref = parent.get("parentRef") or {}
    return f"Gateway {ref.get('namespace', '')}/{ref.get('name', '')}"

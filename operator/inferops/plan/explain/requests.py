"""Whether requests reach the pods: endpoints, and the gateway before them."""

from collections.abc import Iterator

from inferops.plan.explain.examined import Examined, Gateway
from inferops.plan.report import Line, failure, note, ok, unseen, warning

INSTALL = "Install the chart: helm upgrade --install inferops charts/inferops --namespace inferops-system"


def explain_requests(examined: Examined) -> list[Line]:
    """From the pods outwards."""
    return [*explain_endpoints(examined), *explain_gateway(examined)]


def explain_endpoints(examined: Examined) -> Iterator[Line]:
    """What the gateway is told to send requests to."""
    subject = "EndpointSlices"
    if refusal := examined.refusals.get("EndpointSlice"):
        yield unseen(subject, refusal)
        return
    endpoints = [endpoint for each in examined.slices for endpoint in each.get("endpoints") or []]
    states = [endpoint.get("conditions") or {} for endpoint in endpoints]
    ready = sum(state.get("ready", True) is not False for state in states)
    ending = sum(bool(state.get("terminating")) for state in states)
    drained = f", {ending} ending" if ending else ""
    answering = sum(view.ready for view in examined.views)
    if ready:
        yield ok(subject, f"{ready} ready{drained}")
    elif answering:
        text = f"none is ready{drained}, though {answering} pods are"
        yield failure(subject, text, "See whether kube-controller-manager runs, and the Service's selector.")
    else:
        yield note(subject, f"none is ready{drained}: the gateway holds requests until one is")


def explain_gateway(examined: Examined) -> Iterator[Line]:
    """The gateway's Service and pods."""
    gateway, subject = examined.gateway, f"gateway {examined.gateway.name}"
    if refusal := examined.refusals.get("gateway"):
        yield unseen(subject, refusal)
    elif gateway.deployment is None and gateway.service is None:
        yield warning(subject, "is not installed here: nothing leads requests to the instance", INSTALL)
    else:
        yield explain_gateway_pods(gateway, subject)
        if gateway.service is None:
            yield failure(subject, "has no Service", INSTALL)


def explain_gateway_pods(gateway: Gateway, subject: str) -> Line:
    """How many answer."""
    status = (gateway.deployment or {}).get("status") or {}
    ready, total = status.get("readyReplicas", 0), status.get("replicas", 0)
    if ready:
        make = ok if ready == total else warning
        return make(subject, f"{ready} of {total} pods are ready")
    return failure(subject, f"none of its {total} pods is ready", "Run `inferops doctor`: the gateway serves nobody.")

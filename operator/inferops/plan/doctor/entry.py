"""The way of requests in: the gateway, and what leads the world to it."""

from collections.abc import Iterator

from inferops.plan.conditions import timestamp
from inferops.plan.diagnosis.words import listed, quoted
from inferops.plan.doctor.admission import SOON
from inferops.plan.doctor.envoy import check_envoy
from inferops.plan.doctor.processes import check_deployment
from inferops.plan.doctor.survey import Survey
from inferops.plan.report import Line, failure, note, ok, unseen, warning

CUT = (
    "See control, above; then kubectl -n {} logs {}, the NetworkPolicy inferops-control, and the Secrets"
    " inferops-gateway-peer and inferops-control-peer (delete their data to have new ones)."
)
DEFAULT_INGRESS = "ingressclass.kubernetes.io/is-default-class"
DEFAULT_STORAGE = "storageclass.kubernetes.io/is-default-class"


def check_gateway(survey: Survey) -> Iterator[Line]:
    """Pods, Service, endpoints, address."""
    name = survey.settings.gateway.service
    if blind := survey.blind("Deployment", "Service"):
        yield from blind
        return
    deployment = survey.find("Deployment", name)
    yield check_deployment(survey, name, deployment)
    yield from check_envoy(deployment)
    service = survey.find("Service", name)
    if service is None:
        yield failure(f"Service {name}", "is missing: nothing leads requests to the gateway", "Upgrade the chart.")
        return
    ready = survey.ready_endpoints(name)
    if survey.of("EndpointSlice").refusal or ready:
        yield ok(f"Service {name}", f"leads to {ready} pods" if ready else "is there")
    else:
        yield failure(f"Service {name}", "leads to no pod", "See the gateway's pods, above.")
    if service["spec"].get("type") == "LoadBalancer" and not (service.get("status") or {}).get("loadBalancer"):
        action = "Install a load balancer controller, or set gateway.service.type=ClusterIP behind an Ingress."
        yield warning(f"Service {name}", "has no address from outside yet: no load balancer took it", action)


def check_links(survey: Survey) -> Iterator[Line]:
    """Control's streams. Without one a gateway serves as before and hears of nothing new, so that nobody notices."""
    subject = "connection to control"
    yield from (unseen(f"{subject} of {pod}", link.refusal) for pod, link in survey.links.items() if link.refusal)
    asked = {pod: link.connected for pod, link in survey.links.items() if not link.refusal}
    if cut := sorted(pod for pod, connected in asked.items() if not connected):
        text = f"{listed(cut)} lack it: they serve what they last heard, and hear of nothing new"
        yield failure(subject, text, CUT.format(survey.settings.namespace, cut[0]))
    elif asked:
        yield ok(subject, f"{len(asked)} of {len(asked)} gateway pods have it")


def check_refusals(survey: Survey) -> Iterator[Line]:
    """What control told of gateways that cannot take a configuration."""
    refused = {
        f"{obj['metadata']['namespace']}/{obj['metadata']['name']}": words
        for obj in survey.of("InferenceInstance").objects
        if (words := (obj.get("status") or {}).get("gatewayRefusal"))
    }
    if refused:
        text = f"the gateway refuses that of {listed(sorted(refused))}: {quoted(min(refused.items())[1])}"
        yield failure("configuration", text, "Undo what changed last there; they are served as before.")


def check_tls(survey: Survey) -> Iterator[Line]:
    """Certificates that the gateway itself serves. One that is missing stops nothing else, so that nobody notices."""
    for name, certificate in survey.tls.items():
        subject = f"certificate {name}"
        if certificate.refusal:
            yield unseen(subject, certificate.refusal)
        elif certificate.fault or certificate.ends is None:
            action = "Mend it: it is served a minute later, without a restart."
            yield failure(subject, certificate.fault, action)
        elif certificate.ends - survey.now < SOON:
            yield warning(subject, f"ends at {timestamp(certificate.ends)}", "See why nobody renews it.")
        else:
            yield ok(subject, f"is good until {timestamp(certificate.ends)}")


def check_ingress(survey: Survey) -> Iterator[Line]:
    """Whether somebody serves the Ingresses or HTTPRoutes that instances get."""
    settings = survey.settings.ingress
    if not settings.enabled:
        yield note("Ingress", "instances get none (ingress.enabled is false)")
    elif settings.kind == "HTTPRoute":
        yield from check_classes(survey, "GatewayClass", "HTTPRoutes", None, "Install a Gateway API implementation.")
    else:
        action = "Install an Ingress controller, or set settings.ingress.enabled=false and point DNS at the gateway."
        yield from check_classes(survey, "IngressClass", "Ingresses", settings.class_name, action)


def check_classes(survey: Survey, kind: str, what: str, wanted: str | None, action: str) -> Iterator[Line]:
    """The class that is named, or the default one."""
    if blind := survey.blind(kind):
        yield from blind
        return
    names = [obj["metadata"]["name"] for obj in survey.of(kind).objects]
    if wanted and wanted in names:
        yield ok(kind, f'"{wanted}" is there')
    elif wanted:
        yield failure(
            kind, f'"{wanted}", which ingress.className names, is not there: {what} are served by nobody', action
        )
    elif not names:
        yield warning(kind, f"there is none: {what} are served by nobody", action)
    elif kind == "IngressClass" and not (default := default_of(survey, kind, DEFAULT_INGRESS)):
        yield warning(kind, f"none of {', '.join(names)} is the default", "Set ingress.className in the settings.")
    else:
        yield ok(kind, f'"{default}" is the default' if kind == "IngressClass" else f"there are: {', '.join(names)}")


def default_of(survey: Survey, kind: str, annotation: str) -> str:
    """Name of the class that counts where none is named."""
    for obj in survey.of(kind).objects:
        if (obj["metadata"].get("annotations") or {}).get(annotation) == "true":
            return str(obj["metadata"]["name"])
    return ""


def check_storage(survey: Survey) -> Iterator[Line]:
    """Only `spec.cache.size` needs a class."""
    if blind := survey.blind("StorageClass"):
        yield from blind
    elif default := default_of(survey, "StorageClass", DEFAULT_STORAGE):
        yield ok("StorageClass", f'"{default}" is the default')
    else:
        text = "there is no default: cache.size needs cache.storageClass beside it"
        yield warning("StorageClass", text, f"Annotate one with {DEFAULT_STORAGE}=true.")

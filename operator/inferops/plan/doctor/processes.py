"""Operator, control, the ledger and the REST API: do they run, are they of one release, does somebody act."""

from collections.abc import Iterator

from inferops.names import API, CONTROL, LEDGER, OPERATOR, Manifest
from inferops.plan.doctor.survey import Survey
from inferops.plan.explain.process import lease_problem
from inferops.plan.report import Line, failure, note, ok, unseen, warning

INSTALL = "Install the chart: helm upgrade --install inferops charts/inferops --namespace {}"
LOGS = "See why: kubectl -n {} describe deploy {name}; kubectl -n {} logs deploy/{name}"


def check_processes(survey: Survey) -> Iterator[Line]:
    """Operator and control, of which only the one that acts is Ready; ledger and REST API where there are some."""
    if survey.guessed:
        yield unseen("settings", survey.guessed)
    yield from survey.blind("Deployment", "Lease")
    if survey.of("Deployment").refusal:
        return
    for name in (OPERATOR, CONTROL):
        deployment = survey.find("Deployment", name)
        yield check_deployment(survey, name, deployment, wanted=1 if name == CONTROL else None)
        if not survey.of("Lease").refusal:
            yield check_lease(survey, name, installed=deployment is not None)
    if survey.settings.ledger.enabled:
        yield check_deployment(survey, LEDGER, survey.find("Deployment", LEDGER))
    if survey.settings.gateway.api:
        yield check_deployment(survey, API, survey.find("Deployment", API))
    yield from check_skew(survey)


def check_deployment(survey: Survey, name: str, deployment: Manifest | None, *, wanted: int | None = None) -> Line:
    """Its pods; `wanted` of them are ready when all is well, or all of them."""
    namespace = survey.settings.namespace
    if deployment is None:
        return failure(name, f"is not installed in namespace {namespace}", INSTALL.format(namespace))
    status, total = deployment.get("status") or {}, deployment["spec"].get("replicas", 1)
    ready = status.get("readyReplicas", 0)
    if ready >= (min(wanted, total) if wanted else total) and total:
        return ok(name, f"{ready} of {total} pods ready{', the one that acts' if wanted and total > 1 else ''}")
    make = warning if ready else failure
    return make(name, f"{ready} of {total} pods are ready", LOGS.format(namespace, namespace, name=name))


def check_lease(survey: Survey, name: str, *, installed: bool) -> Line:
    """Whether a replica acts."""
    lease = survey.find("Lease", name)
    if problem := lease_problem(lease, survey.now, name.removeprefix("inferops-")):
        make = failure if installed or lease else note
        return make(f"Lease {name}", problem)
    holder = ((lease or {}).get("spec") or {}).get("holderIdentity")
    return ok(f"Lease {name}", f"{holder} acts")


def check_skew(survey: Survey) -> Iterator[Line]:
    """All of one image; this program of the same release, where the image's tag tells."""
    images = {name: image_of(survey.find("Deployment", name)) for name in (OPERATOR, CONTROL, LEDGER, API)}
    known = {image for image in images.values() if image}
    if len(known) > 1:
        text = "; ".join(f"{name} runs {image}" for name, image in images.items() if image)
        yield failure("versions", text, "Finish the upgrade: helm upgrade with one image for all.")
        return
    for image in known:
        tag = image.rpartition(":")[2].removeprefix("v")
        if tag == survey.release:
            yield ok("versions", f"operator, control and this program are {tag}")
        elif tag[:1].isdigit() and "." in tag:
            action = f"Call the `inferops` of release {tag}, or upgrade the chart."
            yield warning("versions", f"{tag} is installed, and this program is {survey.release}", action)
        else:
            yield note("versions", f"operator and control run {image}; this program is {survey.release}")


def image_of(deployment: Manifest | None) -> str:
    """Image of the first container."""
    containers = ((deployment or {}).get("spec") or {}).get("template", {}).get("spec", {}).get("containers") or [{}]
    return str(containers[0].get("image", ""))

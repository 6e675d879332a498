"""KEDA: installed, supported, running, and content with our ScaledObjects."""

from collections.abc import Iterator

from inferops.names import CONTROL, Manifest
from inferops.plan.conditions import find_condition
from inferops.plan.doctor.survey import Survey
from inferops.plan.doctor.versions import parse_version
from inferops.plan.report import Line, failure, note, ok, warning

OLDEST = (2, 13)
"""The first with initialCooldownPeriod, without which a new instance sleeps before anybody can ask it."""
INSTALL = "Install KEDA 2.13 or newer: https://keda.sh/docs/latest/deploy/"
METRICS_API = "v1beta1.external.metrics.k8s.io"
SHOWN = 3


def check_keda(survey: Survey) -> Iterator[Line]:
    """Without KEDA everything else works, with a fixed number of replicas."""
    if blind := survey.blind("ScaledObject"):
        yield from blind
    elif not survey.of("ScaledObject").served:
        text = "is not installed: replicas stay as they are, at first max(scale.min, 1); nothing grows or sleeps in"
        yield warning("KEDA", text, INSTALL)
        return
    yield from check_operator(survey)
    yield check_metrics_api(survey)
    yield from check_scaler(survey)
    if not survey.of("ScaledObject").refusal:
        yield check_scaled_objects(survey.of("ScaledObject").objects)


def check_operator(survey: Survey) -> Iterator[Line]:
    """Its pods and version."""
    if blind := survey.blind("KedaDeployment"):
        yield from blind
        return
    found = {obj["metadata"]["name"]: obj for obj in survey.of("KedaDeployment").objects}
    operator = found.get("keda-operator")
    if operator is None:
        yield failure("KEDA", "its kind is known, but no Deployment keda-operator runs", INSTALL)
        return
    namespace, ready = operator["metadata"]["namespace"], (operator.get("status") or {}).get("readyReplicas", 0)
    if not ready:
        action = f"See why: kubectl -n {namespace} describe deploy keda-operator"
        yield failure("KEDA", "no pod of keda-operator is ready: nothing wakes, grows or sleeps", action)
        return
    text = version_of(operator)
    version = parse_version(text)
    if version and version < OLDEST:
        yield failure("KEDA", f"{text} is too old", INSTALL)
    else:
        yield ok("KEDA", f"{text or 'of an unknown version'} runs in namespace {namespace}")


def version_of(deployment: Manifest) -> str:
    """By its label, else by its image's tag; empty where neither is a number."""
    label = (deployment["metadata"].get("labels") or {}).get("app.kubernetes.io/version", "")
    image = str(deployment["spec"]["template"]["spec"]["containers"][0].get("image", ""))
    texts = (label, image.rpartition(":")[2])
    return next((text for text in texts if parse_version(text)), "")


def check_metrics_api(survey: Survey) -> Line:
    """Through it autoscalers read what control says: without it nothing grows beyond one replica."""
    service = survey.find("APIService", METRICS_API)
    if survey.of("APIService").refusal:
        return survey.blind("APIService")[0]
    available = find_condition(service, "Available")
    if available and available["status"] == "True":
        return ok("metrics API", "autoscalers can read KEDA's metrics")
    why = available.get("message", "") if available else f"there is no APIService {METRICS_API}"
    action = f"See KEDA's metrics server: kubectl describe apiservice {METRICS_API}"
    return failure("metrics API", f"autoscalers cannot read KEDA's metrics: {why}", action)


def check_scaler(survey: Survey) -> Iterator[Line]:
    """Control's external scaler, which KEDA asks: the Service leads to the replica that acts."""
    if survey.of("EndpointSlice").refusal or survey.find("Deployment", CONTROL) is None:
        return  # told elsewhere
    if survey.ready_endpoints(CONTROL):
        yield ok("scaler", "a replica of control is there to answer KEDA")
    else:
        yield failure("scaler", "no replica of control is ready: KEDA scales nothing", "See Processes, above.")


def check_scaled_objects(objects: list[Manifest]) -> Line:
    """Ours. One that is not Ready says why; most often control's scaler does not answer."""
    if not objects:
        return note("ScaledObjects", "there are none of ours yet")
    bad = [obj for obj in objects if (ready := find_condition(obj, "Ready")) and ready["status"] == "False"]
    if not bad:
        return ok("ScaledObjects", f"KEDA can work with all {len(objects)}")
    names = ", ".join(f"{obj['metadata']['namespace']}/{obj['metadata']['name']}" for obj in bad[:SHOWN])
    said = (find_condition(bad[0], "Ready") or {}).get("message", "")
    more = f" and {len(bad) - SHOWN} more" if len(bad) > SHOWN else ""
    action = (
        "See whether inferops-control is ready (above), and what KEDA says: kubectl -n keda logs deploy/keda-operator"
    )
    return failure("ScaledObjects", f"{len(bad)} of {len(objects)} are not Ready: {names}{more}: {said}", action)

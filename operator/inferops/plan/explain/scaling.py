"""Who sets the replicas: KEDA's ScaledObjects and the autoscalers that KEDA makes of them."""

from collections.abc import Iterator

from inferops.names import Manifest
from inferops.plan.conditions import find_condition
from inferops.plan.explain.examined import Examined
from inferops.plan.regions import read_capacity
from inferops.plan.report import Line, note, ok, unseen, warning
from inferops.plan.resolve import hardware_name
from inferops.plan.scaling import PAUSED_REPLICAS
from inferops.plan.types import Plan

NO_KEDA = "is not installed: the replicas stay as they are; a request wakes what sleeps, nothing grows or sleeps in"
LEAVING = "KEDA does not let go of ScaledObject {}, which is being deleted; see condition Scalable"
ASK_KEDA = "See what KEDA says: kubectl logs -n keda deploy/keda-operator"


def explain_scaling(examined: Examined) -> list[Line]:
    """One line for each ScaledObject, for an autoscaler that cannot work, and for each region's room."""
    return [*explain_keda(examined), *explain_room(examined)]


def explain_room(examined: Examined) -> Iterator[Line]:
    """How many more replicas would fit, by each Region's own count."""
    if not isinstance(examined.outcome, Plan):
        return
    resolved = examined.outcome.resolved
    hardware, _ = hardware_name(resolved.spec, resolved.model)
    for scale, _region in resolved.regions:
        room = read_capacity(examined.inputs.named["Region", scale.region], hardware)
        subject, text = f"room in Region {scale.region}", f"for {room} more replicas on {hardware}"
        if room is not None:
            yield ok(subject, text) if room else note(subject, f"for no more replica on {hardware}")


def explain_keda(examined: Examined) -> list[Line]:
    """Each ScaledObject and its autoscaler."""
    if "ScaledObject" in examined.refusals:
        return [unseen("ScaledObjects", examined.refusals["ScaledObject"])]
    if leaving := examined.inputs.keda_leaving:
        return [warning("KEDA", LEAVING.format(leaving), ASK_KEDA)]
    if not examined.inputs.keda:
        return [warning("KEDA", NO_KEDA, "Install KEDA: https://keda.sh")]
    lines = []
    for name, scaled in sorted(examined.observed.scaled_objects.items()):
        lines += [explain_scaled_object(name, scaled), *explain_autoscaler(examined.autoscalers.get(name))]
    return lines or [note("ScaledObjects", "there are none")]


def explain_scaled_object(name: str, scaled: Manifest) -> Line:
    """What KEDA says of it."""
    subject, ready, active = f"ScaledObject {name}", find_condition(scaled, "Ready"), find_condition(scaled, "Active")
    if PAUSED_REPLICAS in (scaled["metadata"].get("annotations") or {}):
        return note(subject, "is paused at zero replicas: spec.stopped is true")
    if ready is None or ready["status"] == "Unknown":
        return warning(subject, "KEDA has not taken it up", ASK_KEDA)
    if ready["status"] == "False":
        return warning(subject, f"{ready.get('reason')}: {ready.get('message')}", ASK_KEDA)
    busy = "somebody asks" if active and active["status"] == "True" else "nobody asks"
    return ok(subject, f"KEDA watches its triggers; {busy}")


def explain_autoscaler(autoscaler: Manifest | None) -> Iterator[Line]:
    """Only what hinders it: at zero replicas it rests by design."""
    if autoscaler is None:
        return
    subject = f"HorizontalPodAutoscaler {autoscaler['metadata']['name']}"
    for kind in ("AbleToScale", "ScalingActive"):
        condition = find_condition(autoscaler, kind)
        if condition and condition["status"] == "False" and condition.get("reason") != "ScalingDisabled":
            yield warning(subject, f"{condition.get('reason')}: {condition.get('message')}")
            return
    limited = find_condition(autoscaler, "ScalingLimited")
    if limited and limited["status"] == "True" and limited.get("reason") == "TooManyReplicas":
        yield note(subject, f"wants more than scale.max: {limited.get('message')}")

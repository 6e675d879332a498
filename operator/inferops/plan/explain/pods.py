"""Deployments, their pods, and the warnings about them."""

from collections.abc import Iterator

from inferops.names import REGION_LABEL, Manifest, region_name
from inferops.plan.conditions import find_condition, last_seen
from inferops.plan.diagnosis import Evidence, diagnose
from inferops.plan.explain.examined import Examined
from inferops.plan.regions import RegionView, is_alive, is_ending, is_ready
from inferops.plan.report import Line, Mark, failure, note, ok, unseen, warning

COUNTS = {"updatedReplicas": "new", "readyReplicas": "ready", "unavailableReplicas": "unavailable"}
SHOWN_EVENTS = 5
TOLD_ELSEWHERE = {"InferenceInstance", "HorizontalPodAutoscaler", "ScaledObject", "Registry", "ApiKey"}
"""Kinds whose warnings repeat what conditions say."""


def explain_pods(examined: Examined) -> list[Line]:
    """Region by region, then the last warnings."""
    lines = [unseen(kind, examined.refusals[kind]) for kind in ("Deployment", "Pod") if kind in examined.refusals]
    for view in examined.views:
        lines += explain_region(examined, view)
    return [*lines, *explain_events(examined)]


def explain_region(examined: Examined, view: RegionView) -> Iterator[Line]:
    """The region as the status says it, its Deployment where that is not at rest, its pods where they do not answer."""
    meta = examined.obj["metadata"]
    deployment = examined.observed.deployments.get(region_name(meta["namespace"], meta["name"], view.region))
    here = [pod for pod in examined.observed.pods if pod["metadata"]["labels"].get(REGION_LABEL) == view.region]
    pods = [line for pod in here for line in explain_pod(pod, examined.observed.evidence)]
    yield region_line(view, told={line.action for line in pods})
    if deployment:
        yield from explain_deployment(deployment, view)
    yield from sorted(pods, key=lambda line: view.finding is None or line.action != view.finding.message)


def region_line(view: RegionView, told: set[str]) -> Line:
    """Counts, and the gravest finding: in a word, where a line of a pod tells it."""
    subject, counts = f"region {view.region}", f"{view.ready} of {view.desired} replicas answer"
    if view.finding is None:
        mark = Mark.NOTE if view.ready < view.desired or view.updating else Mark.OK
        return Line(mark, subject, counts if view.desired else "no replica is asked for")
    reason, message = view.finding.reason, view.finding.message
    mark = Mark.FAILURE if view.stuck else Mark.NOTE
    if message in told:
        return Line(mark, subject, f"{counts}: {reason}")
    return Line(mark, subject, f"{counts}. {reason}: {message}", message)


def explain_deployment(deployment: Manifest, view: RegionView) -> Iterator[Line]:
    """An update under way, and conditions that say no."""
    status, subject = deployment.get("status") or {}, f"Deployment {deployment['metadata']['name']}"
    if view.updating:
        numbers = [f"{status.get(field, 0)} {word}" for field, word in COUNTS.items()]
        yield note(subject, f"is being updated: {', '.join(numbers)} of {view.desired} pods")
    for kind, bad in (("Progressing", "False"), ("ReplicaFailure", "True")):
        condition = find_condition(deployment, kind)
        if condition and condition["status"] == bad:
            yield warning(subject, f"{condition.get('reason', kind)}: {condition.get('message', '')}")


def explain_pod(pod: Manifest, evidence: Evidence) -> Iterator[Line]:
    """A pod in one line."""
    subject = f"Pod {pod['metadata']['name']}"
    node = (pod.get("spec") or {}).get("nodeName")
    where = f" on node {node}" if node else ""
    if is_ending(pod):
        yield note(subject, f"is ending{where}; it finishes its answers")
    elif not is_alive(pod):
        yield note(subject, f"is over: {(pod.get('status') or {}).get('reason') or pod['status'].get('phase')}")
    elif is_ready(pod):
        yield ok(subject, f"answers{where}")
    elif finding := diagnose([pod], evidence):
        make = failure if finding.stuck else warning
        yield make(subject, f"{finding.reason}: {finding.message}", finding.message)


def explain_events(examined: Examined) -> Iterator[Line]:
    """The newest warnings, one for each object and reason."""
    if "Event" in examined.refusals:
        yield unseen("Events", examined.refusals["Event"])
    newest: dict[tuple[str, str], Manifest] = {}
    told = (event for event in examined.events if event["involvedObject"].get("kind") not in TOLD_ELSEWHERE)
    for event in sorted(told, key=last_seen, reverse=True):
        newest.setdefault((event["involvedObject"].get("name", ""), event.get("reason", "")), event)
    for event in list(newest.values())[:SHOWN_EVENTS]:
        of = event["involvedObject"]
        times = f", {count} times" if (count := count_of(event)) > 1 else ""
        text = f"{event.get('reason')} of {of.get('kind')} {of.get('name')}{times}: {event.get('message', '').strip()}"
        yield note(f"event {last_seen(event)}".rstrip(), text)


def count_of(event: Manifest) -> int:
    """How often."""
    return int((event.get("series") or {}).get("count") or event.get("count") or 1)

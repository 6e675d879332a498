"""Nothing is wrong yet: what the pod waits for."""

from inferops.names import Manifest
from inferops.plan.diagnosis.containers import name_of, node_of
from inferops.plan.diagnosis.finding import Evidence, Finding


def starting(pod: Manifest, evidence: Evidence) -> Finding:
    """The last row: it always speaks."""
    if not node_of(pod):
        return Finding("Starting", f"Pod {name_of(pod)} waits for the scheduler to find it a node.", stuck=False)
    if pulling(pod, evidence):
        text = f"Node {node_of(pod)} pulls {evidence.newest(pod, 'Pulling').removeprefix('Pulling ')} for pod"
        return Finding("PullingImage", f"{text} {name_of(pod)}.", stuck=False)
    text = f"Pod {name_of(pod)} starts: its image is pulled, its volumes are mounted."
    return Finding("Starting", text, stuck=False)


def pulling(pod: Manifest, evidence: Evidence) -> bool:
    """Whether the last that its node told of images is that one is on its way."""
    last = next((event for event in reversed(evidence.about(pod)) if event.get("reason") in {"Pulling", "Pulled"}), {})
    return last.get("reason") == "Pulling"

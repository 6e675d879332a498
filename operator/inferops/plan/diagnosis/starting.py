"""Nothing is wrong yet: what the pod waits for."""

from inferops.names import Manifest
from inferops.plan.diagnosis.containers import name_of, node_of
from inferops.plan.diagnosis.finding import Evidence, Finding


def starting(pod: Manifest, evidence: Evidence) -> Finding:
    """The last row: it always speaks."""
    if not node_of(pod):
        return Finding("Starting", f"Pod {name_of(pod)} waits for the scheduler to find it a node.", stuck=False)
    last = evidence.last(pod, "Pulling", "Pulled")
    if last.get("reason") == "Pulling":
        text = f"Node {node_of(pod)} pulls {last['message'].removeprefix('Pulling ')} for pod {name_of(pod)}"
        return Finding("PullingImage", f"{text} since {last.get('at')}.", stuck=False)
    text = f"Pod {name_of(pod)} starts: its image is pulled, its volumes are mounted."
    return Finding("Starting", text, stuck=False)

"""The node failed the pod: it is lost, it threw the pod out, or it cannot make its sandbox."""

from collections.abc import Iterable, Sequence

from inferops.names import Manifest
from inferops.plan.conditions import find_condition
from inferops.plan.diagnosis.containers import name_of, node_of
from inferops.plan.diagnosis.finding import Evidence, Finding
from inferops.plan.diagnosis.volumes import started
from inferops.plan.diagnosis.words import quoted

TEMPLATE = "pod-template-hash"
MENDS = {
    "Evicted": "Free the node, or ask for what the model needs (spec.cache for files).",
    "UnexpectedAdmissionError": "Look at the node's device plugin.",
    "NodeShutdown": "The node was shut down.",
}


def node_lost(pod: Manifest, evidence: Evidence) -> Finding | None:
    """The pod's node does not report: nobody knows how the pod is."""
    node = next((each for each in evidence.nodes if each["metadata"]["name"] == node_of(pod)), None)
    ready = find_condition(node, "Ready")
    if ready is None or ready["status"] == "True":
        return None
    why = quoted(ready.get("message") or ready.get("reason") or "")
    text = f"Node {node_of(pod)} of pod {name_of(pod)} is not ready since {ready.get('lastTransitionTime')}: {why}"
    return Finding("NodeNotReady", f"{text} Mend the node, or delete it, so that the pod starts elsewhere.", stuck=True)


def lost_predecessor(ending: Iterable[Manifest], evidence: Evidence) -> Finding | None:
    """A pod that was told to end cannot, because its node is lost: what it holds stays taken."""
    for pod in ending:
        if lost := node_lost(pod, evidence):
            text = f"A new pod waits till {name_of(pod)} has ended, whose node does not report. {lost.message}"
            return Finding("PredecessorLost", text, stuck=True)
    return None


def no_sandbox(pod: Manifest, evidence: Evidence) -> Finding | None:
    """The kubelet cannot make the pod's surroundings: network or runtime."""
    said = evidence.newest(pod, "FailedCreatePodSandBox")
    if not said or started(pod):
        return None
    runtime = (pod.get("spec") or {}).get("runtimeClassName")
    mend = "Look at the network plugin of the node."
    if "no runtime for" in said:
        mend = f'Its container runtime lacks the handler of RuntimeClass "{runtime}": install it there.'
    why = quoted(said.removeprefix("Failed to create pod sandbox: ").removeprefix("rpc error: code = Unknown desc = "))
    text = f"Node {node_of(pod)} cannot make the sandbox of pod {name_of(pod)}: {why}"
    return Finding("SandboxFailed", f"{text} {mend}", stuck=True)


def thrown_out(pods: Sequence[Manifest], dead: Iterable[Manifest]) -> Finding | None:
    """A node threw out a predecessor of pods that do not answer yet."""
    kinds = {(pod["metadata"].get("labels") or {}).get(TEMPLATE) for pod in pods}
    victims = [
        pod
        for pod in dead
        if (pod.get("status") or {}).get("reason") and (pod["metadata"].get("labels") or {}).get(TEMPLATE) in kinds
    ]
    if not victims:
        return None
    last = max(victims, key=lambda pod: (str(pod["metadata"].get("creationTimestamp", "")), name_of(pod)))
    status = last["status"]
    text = f"Node {node_of(last)} ended pod {name_of(last)} ({status['reason']}): {quoted(status.get('message', ''))}"
    mend = MENDS.get(status["reason"], "Look at the node.")
    return Finding(status["reason"], f"{text} {mend}", stuck=len(victims) > 1)

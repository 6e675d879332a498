"""No node takes the pod: which label, taint or resource it is, and how much is free."""

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from difflib import get_close_matches

from inferops.names import Manifest
from inferops.plan.conditions import find_condition
from inferops.plan.diagnosis.containers import name_of
from inferops.plan.diagnosis.finding import Evidence, Finding
from inferops.plan.diagnosis.placement import CORDON, labels_of, matches, repelling_taints, room_on, shown
from inferops.plan.diagnosis.requests import requests_of
from inferops.plan.diagnosis.volumes import claim_pending
from inferops.plan.diagnosis.words import listed, quoted

SHORT = re.compile(r"Insufficient ([^\s,.]+(?:\.[^\s,.]+)*(?:/[^\s,.]+)?)|Too many (pods)")
IN_USE = "what the nodes have is in use"
MORE_ROOM = "Free or add nodes, or choose a smaller hardware."
SCALING_UP = ("TriggeredScaleUp", "Nominated")
"""Events of Cluster Autoscaler and Karpenter: a node is on its way."""


def unschedulable(pod: Manifest, evidence: Evidence) -> Finding | None:
    """The scheduler said no."""
    placed = find_condition(pod, "PodScheduled") or {}
    if placed.get("reason") == "SchedulingGated":
        gates = listed([gate["name"] for gate in (pod.get("spec") or {}).get("schedulingGates") or []])
        text = f"Pod {name_of(pod)} waits for who set its scheduling gates to let it go: {gates}."
        return Finding("SchedulingGated", text, stuck=False)
    if placed.get("reason") != "Unschedulable":
        return None
    said = str(placed.get("message", "")).partition(". ")[0]  # the rest is about preemption
    if told := evidence.newest(pod, *SCALING_UP):
        text = f"No node has room for pod {name_of(pod)} yet, and one is on its way: {quoted(told)}"
        return Finding("WaitingForNode", text, stuck=False)
    return (
        claim_pending(pod, said, evidence)
        or unmatched(pod, evidence)
        or repelled(pod, evidence)
        or too_large(pod, said, evidence)
        or other(pod, said)
    )


def no_room(spec: Manifest, evidence: Evidence) -> Finding:
    """Why no replica could start now, of a pod that nobody has made yet. It tells no amounts that are free: they change
    with every pod, and this sentence stands in the status of each instance that sleeps.
    """
    pod = {"metadata": {}, "spec": spec}
    return unmatched(pod, evidence) or repelled(pod, evidence) or crowded(pod, evidence)


def crowded(pod: Manifest, evidence: Evidence) -> Finding:
    """Nodes fit, and have too little left."""
    nodes = [node for node in candidates(pod, evidence.nodes) if not repelling_taints(node, pod)]
    asked = requests_of(pod)
    asked.pop("pods")
    known = replace(evidence, used={})
    clauses = {resource: shortage(resource, asked, nodes, known) for resource in asked if nodes}
    lacking = [clause for clause in clauses.values() if not clause.endswith(IN_USE)]
    wishes = " and ".join(f"{shown(resource, amount)} {resource}" for resource, amount in sorted(asked.items()))
    text = ", and ".join(lacking) or f"it asks for {wishes}, and {IN_USE}"
    return Finding("Unschedulable", f"No node has room for {called(pod)}: {text}. {MORE_ROOM}", stuck=True)


def called(pod: Manifest) -> str:
    """How a sentence names the pod."""
    return f"pod {name_of(pod)}" if pod["metadata"].get("name") else "a replica"


def selector_of(pod: Manifest) -> dict[str, str]:
    """Labels that the pod's node must have."""
    selector: dict[str, str] = (pod.get("spec") or {}).get("nodeSelector") or {}
    return selector


def candidates(pod: Manifest, nodes: Sequence[Manifest]) -> list[Manifest]:
    """Nodes with the labels that the pod asks for."""
    return [node for node in nodes if matches(node, selector_of(pod))]


def unmatched(pod: Manifest, evidence: Evidence) -> Finding | None:
    """No node has the labels."""
    selector, nodes = selector_of(pod), evidence.nodes
    if not nodes or candidates(pod, nodes):
        return None
    wanting = [key for key, value in selector.items() if not any(labels_of(node).get(key) == value for node in nodes)]
    mend = "Choose another hardware or region, or add or label a node."
    if not wanting:
        all_of = ", ".join(f"{key}={value}" for key, value in selector.items())
        text = f"No node has all labels that {called(pod)} asks for: {all_of}."
        return Finding("NoMatchingNode", f"{text} {mend}", stuck=True)
    key = wanting[0]
    asked = f", which {who} asks for" if (who := evidence.asked_by.get(key)) else ""
    text = f"No node has the label {key}={selector[key]}{asked}; {what_there_is(key, selector[key], nodes)}."
    return Finding("NoMatchingNode", f"{text} {mend}", stuck=True)


def what_there_is(key: str, value: str, nodes: Sequence[Manifest]) -> str:
    """The values that nodes have, the nearest first."""
    values = sorted({labels_of(node)[key] for node in nodes if key in labels_of(node)})
    if not values:
        known = sorted({label for node in nodes for label in labels_of(node)})
        close = get_close_matches(key, known, n=1, cutoff=0.8)
        return f"none has the label {key} at all{f' (did you mean {close[0]}?)' if close else ''}"
    near = get_close_matches(value, values, n=len(values), cutoff=0.0)
    return f"there is {listed(near or values)}"


def repelled(pod: Manifest, evidence: Evidence) -> Finding | None:
    """All nodes with the labels are closed to the pod."""
    nodes = candidates(pod, evidence.nodes)
    closed = {node["metadata"]["name"]: repelling_taints(node, pod) for node in nodes}
    if not nodes or not all(closed.values()):
        return None
    each = [f"{name} {why_closed(taints[0])}" for name, taints in sorted(closed.items())]
    text = f"Every node that {called(pod)} could run on is closed to it: {listed(each)}."
    mend = "Uncordon or mend a node, or add a toleration to the Hardware."
    return Finding("NodesTainted", f"{text} {mend}", stuck=True)


def why_closed(taint: Manifest) -> str:
    """A taint, to follow a node's name."""
    if taint["key"] == CORDON:
        return "is cordoned"
    if taint["key"].startswith("node.kubernetes.io/"):
        return f"is {taint['key'].removeprefix('node.kubernetes.io/')}"
    value = f"={taint['value']}" if taint.get("value") else ""
    return f"has the taint {taint['key']}{value}:{taint['effect']}"


def too_large(pod: Manifest, said: str, evidence: Evidence) -> Finding | None:
    """A resource is short on every node that is open to the pod."""
    nodes = [node for node in candidates(pod, evidence.nodes) if not repelling_taints(node, pod)]
    short = ["".join(found) for found in SHORT.findall(said)]
    asked = requests_of(pod)
    clauses = [shortage(resource, asked, nodes, evidence) for resource in short if nodes and resource in asked]
    if not any(clauses):
        return None
    text = f"No node has room for pod {name_of(pod)}: {', and '.join(dict.fromkeys(filter(None, clauses)))}."
    return Finding("Unschedulable", f"{text} {MORE_ROOM}", stuck=True)


def shortage(resource: str, asked: dict[str, Decimal], nodes: Sequence[Manifest], evidence: Evidence) -> str:
    """How much of a resource is asked for, and how much the best node has; empty where that would be enough."""
    rooms = [room_on(node, resource, evidence.used) for node in nodes]
    largest = max(rooms, key=lambda room: room.has)
    need = asked[resource]
    wish = f"it asks for {shown(resource, need)} {resource}"
    if not largest.has:
        return f"{wish}, and no node that fits offers any (does the device plugin run?)"
    if largest.has < need:
        return f"{wish}, and the largest node ({largest.node}) has {shown(resource, largest.has)}"
    counted = [room for room in rooms if room.free is not None and room.has >= need]
    if not counted:
        return f"{wish}, and {IN_USE}"
    best = max(counted, key=lambda room: room.free or 0)
    if (best.free or 0) >= need:
        return ""
    free, has = shown(resource, best.free or Decimal(0)), shown(resource, best.has)
    return f"{wish}, and the best node ({best.node}) has {free} of {has} free"


def other(pod: Manifest, said: str) -> Finding:
    """In the scheduler's words."""
    text = f"No node takes pod {name_of(pod)}: {quoted(said)} Free or add nodes, or choose another hardware."
    return Finding("Unschedulable", text, stuck=True)

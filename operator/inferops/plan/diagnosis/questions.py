"""What a diagnosis needs to know beyond what pods tell: asked only where something is wrong, and not at once."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from inferops.names import Manifest
from inferops.plan.conditions import find_condition
from inferops.plan.diagnosis.containers import containers, last_end, name_of, state
from inferops.plan.diagnosis.crashes import KILLED
from inferops.plan.diagnosis.placement import repelling_taints
from inferops.plan.diagnosis.probes import OVERDUE_MINUTES
from inferops.plan.diagnosis.scheduling import SHORT, candidates
from inferops.plan.diagnosis.volumes import claim_names

PATIENCE, PLACING = 10.0, 2.0
"""Seconds that a pod may take for its volumes, network and start, and for a node, without a word about it."""
SHORTEST, LONGEST = 15.0, 600.0
"""Seconds between two looks at a pod that stays as it is: half its age, within these."""
MOST_NODES = 20
"""Nodes whose use is counted for one pod."""


class Questions(NamedTuple):
    """What to read, and when to look again."""

    events: bool = False
    """Whether events about the pods may say more."""
    claims: frozenset[str] = frozenset()
    """Names of PersistentVolumeClaims."""
    nodes: frozenset[str] = frozenset()
    """Nodes whose free capacity decides."""
    young: frozenset[str] = frozenset()
    """Pods that have only begun what they are at."""
    overdue: frozenset[str] = frozenset()
    """Pods that run for long without an answer."""
    wait: float | None = None
    """Seconds until time alone may change the answer."""


def plan_questions(pods: Iterable[Manifest], nodes: Sequence[Manifest], now: datetime) -> Questions:
    """For pods that do not answer."""
    asked = [ask(pod, nodes, now) for pod in pods]
    return Questions(
        events=any(each.events for each in asked),
        claims=frozenset().union(*(each.claims for each in asked)),
        nodes=frozenset().union(*(each.nodes for each in asked)),
        young=frozenset().union(*(each.young for each in asked)),
        overdue=frozenset().union(*(each.overdue for each in asked)),
        wait=min((each.wait for each in asked if each.wait is not None), default=None),
    )


def ask(pod: Manifest, nodes: Sequence[Manifest], now: datetime) -> Questions:
    """For one pod."""
    since = unexplained_since(pod)
    if since is None:
        return Questions()
    age = (now - datetime.fromisoformat(since)).total_seconds()
    if age < (patience := patience_with(pod)):
        return Questions(young=frozenset({name_of(pod)}), wait=patience - age)
    wait = min(max(age / 2, SHORTEST), LONGEST)
    if unplaced(pod):
        short = SHORT.search((find_condition(pod, "PodScheduled") or {}).get("message", ""))
        rooms = [node["metadata"]["name"] for node in candidates(pod, nodes) if not repelling_taints(node, pod)]
        counted = frozenset(sorted(rooms)[:MOST_NODES] if short else ())
        return Questions(events=True, claims=frozenset(claim_names(pod)), nodes=counted, wait=wait)
    overdue = frozenset({name_of(pod)} if is_loading(pod) and age >= OVERDUE_MINUTES * 60 else ())
    return Questions(events=True, overdue=overdue, wait=wait)


def patience_with(pod: Manifest) -> float:
    """Seconds for which its state is nothing to speak of. Who was ended has had its time."""
    if unplaced(pod):
        return PLACING
    return 0 if any(last_end(container) for container in containers(pod)) else PATIENCE


def unexplained_since(pod: Manifest) -> str | None:
    """Since when the pod is in a state that it does not explain itself; None where it does."""
    placed = find_condition(pod, "PodScheduled") or {}
    since = str(placed.get("lastTransitionTime") or pod["metadata"]["creationTimestamp"])
    if unplaced(pod):
        return since
    for container in containers(pod):
        ended, waiting = last_end(container), state(container, "waiting")
        if ended:
            killed = ended.get("exitCode") in KILLED and ended.get("reason") != "OOMKilled"
            return str(ended["finishedAt"]) if killed and "finishedAt" in ended else None
        if waiting.get("message"):
            return None
        if begun := state(container, "running").get("startedAt"):
            changed = (find_condition(pod, "Ready") or {}).get("lastTransitionTime", "")
            return max(str(begun), str(changed)) if container.get("started") else str(begun)
    return since


def unplaced(pod: Manifest) -> bool:
    """Whether the scheduler said no."""
    return (find_condition(pod, "PodScheduled") or {}).get("reason") == "Unschedulable"


def is_loading(pod: Manifest) -> bool:
    """Whether a container runs that has not yet answered."""
    return any(state(each, "running") and not each.get("started") for each in containers(pod))

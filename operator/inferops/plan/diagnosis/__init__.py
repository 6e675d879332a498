"""Why a pod does not answer, in one sentence each: what is wrong, where, what to do. A table of rows; the first that
fits speaks.

A message changes only when the pod's state does: no ages, no back-off times, no counters, or a status would be written
all day.
"""

from collections.abc import Callable, Iterable

from inferops.names import Manifest
from inferops.plan.diagnosis.containers import name_of
from inferops.plan.diagnosis.crashes import crashing, hook_failed, killed_by_probe, out_of_memory
from inferops.plan.diagnosis.finding import NO_EVIDENCE, Evidence, Finding
from inferops.plan.diagnosis.images import IMAGE_REASONS, image_refused
from inferops.plan.diagnosis.nodes import lost_predecessor, no_sandbox, node_lost, thrown_out
from inferops.plan.diagnosis.probes import initializing, loading, unready
from inferops.plan.diagnosis.refusals import diagnose_deployment, diagnose_refusal
from inferops.plan.diagnosis.scheduling import no_room, unschedulable
from inferops.plan.diagnosis.setup import misconfigured, not_started
from inferops.plan.diagnosis.starting import starting
from inferops.plan.diagnosis.volumes import not_mounted

ROWS: tuple[Callable[[Manifest, Evidence], Finding | None], ...] = (
    unschedulable,
    node_lost,
    image_refused,
    misconfigured,
    not_started,
    out_of_memory,
    killed_by_probe,
    hook_failed,
    crashing,
    no_sandbox,
    not_mounted,
    initializing,
    unready,
    loading,
    starting,
)


def diagnose(pods: Iterable[Manifest], evidence: Evidence = NO_EVIDENCE) -> Finding | None:
    """The gravest finding among pods that do not answer. Those that have only begun are left alone: most starts need no
    word, and each would be a write.
    """
    ordered = sorted((pod for pod in pods if name_of(pod) not in evidence.young), key=name_of)
    findings = [finding for row in ROWS for pod in ordered if (finding := row(pod, evidence))]
    return next((finding for finding in findings if finding.stuck), findings[0] if findings else None)


__all__ = [
    "IMAGE_REASONS",
    "NO_EVIDENCE",
    "Evidence",
    "Finding",
    "diagnose",
    "diagnose_deployment",
    "diagnose_refusal",
    "lost_predecessor",
    "no_room",
    "thrown_out",
]

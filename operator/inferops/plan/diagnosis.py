"""Why a pod does not answer, in one sentence that says what to do: a table of rows, the first that fits speaks.

A message changes only when the pod's state does: no ages and no back-off times, or a status would be written all day.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from inferops.names import ENGINE_CONTAINER, Manifest

PULL_REASONS = {"ErrImagePull", "ImagePullBackOff", "RegistryUnavailable", "ImageInspectError"}
IMAGE_REASONS = {"ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"}
"""Findings that a Registry may explain better."""
CONFIG_REASONS = {"CreateContainerConfigError", "CreateContainerError", "RunContainerError"}
LONGEST_DETAIL = 400


class Finding(NamedTuple):
    """What is wrong with a pod."""

    reason: str
    message: str
    stuck: bool
    """True: it will not mend itself soon; False: it is on its way."""


def diagnose(pods: Iterable[Manifest]) -> Finding | None:
    """The gravest finding among pods that do not answer."""
    ordered = sorted(pods, key=lambda pod: str(pod["metadata"]["name"]))
    findings = [finding for row in ROWS for pod in ordered if (finding := row(pod))]
    return next((finding for finding in findings if finding.stuck), findings[0] if findings else None)


def diagnose_deployment(deployment: Manifest | None) -> Finding | None:
    """Pods that were never made: a quota or an admission policy refused them."""
    conditions = ((deployment or {}).get("status") or {}).get("conditions") or []
    for condition in conditions:
        if condition.get("type") == "ReplicaFailure" and condition.get("status") == "True":
            detail = shortened(condition.get("message", ""))
            reason = "QuotaExceeded" if "exceeded quota" in detail else "PodsRefused"
            return Finding(reason, f"The API server refuses new pods: {detail}", stuck=True)
    return None


def unschedulable(pod: Manifest) -> Finding | None:
    """No node takes the pod."""
    for condition in pod["status"].get("conditions") or []:
        if condition["type"] == "PodScheduled" and condition.get("reason") == "Unschedulable":
            detail = shortened(condition.get("message", "").partition(". ")[0])  # the rest is about preemption
            return Finding(
                "Unschedulable",
                f"No node takes pod {name_of(pod)}: {detail} Free or add nodes, or choose another hardware.",
                stuck=True,
            )
    return None


def image_refused(pod: Manifest) -> Finding | None:
    """The image does not come. The kubelet alternates between the reasons of one failure; we name one."""
    for container in containers(pod):
        waiting = state(container, "waiting")
        reason = waiting.get("reason", "")
        if reason in PULL_REASONS | IMAGE_REASONS:
            detail = shortened(waiting.get("message", "").rpartition("ErrImagePull: ")[2])
            return Finding(
                "ImagePullBackOff" if reason in PULL_REASONS else reason,
                f"Image {container.get('image')} of pod {name_of(pod)} cannot be pulled: {detail}"
                " Check the image's name, and spec.registry if it is private.",
                stuck=True,
            )
    return None


def misconfigured(pod: Manifest) -> Finding | None:
    """The container cannot be made: most often a Secret or its key is missing."""
    for container in containers(pod):
        waiting = state(container, "waiting")
        if waiting.get("reason") in CONFIG_REASONS:
            detail = shortened(waiting.get("message", ""))
            return Finding(
                waiting["reason"],
                f"Container {container['name']} of pod {name_of(pod)} cannot start: {detail}"
                " Create what is missing, or correct the spec that names it.",
                stuck=True,
            )
    return None


def out_of_memory(pod: Manifest) -> Finding | None:
    """The kernel killed a container at its memory limit."""
    for container in containers(pod):
        ended = last_end(container)
        if ended.get("reason") == "OOMKilled":
            return Finding(
                "OOMKilled",
                f"Container {container['name']} of pod {name_of(pod)} was killed at its memory limit{limit_of(pod)}"
                f" (exit code {ended.get('exitCode', 137)}, {restarts(container)})."
                " Choose a hardware with more memory, or a smaller model or context length.",
                stuck=True,
            )
    return None


def crashing(pod: Manifest) -> Finding | None:
    """A container ended by itself, and will again; true also in the seconds between two restarts."""
    for container in containers(pod):
        ended = last_end(container)
        if ended and not container.get("ready"):
            said = shortened(last_line(ended.get("message", "")))
            return Finding(
                "CrashLoopBackOff",
                f"Container {container['name']} of pod {name_of(pod)} ended with exit code {ended.get('exitCode')}"
                f" ({restarts(container)}){f', saying: {said}' if said else '.'}"
                f" Read its log: {log_command(pod, container)} --previous",
                stuck=True,
            )
    return None


def loading(pod: Manifest) -> Finding | None:
    """It runs and does not answer yet, or any more."""
    for container in containers(pod):
        running = state(container, "running")
        if not running or container.get("ready"):
            continue
        if container.get("started"):
            return Finding(
                "NotAnswering",
                f"Pod {name_of(pod)} runs but fails its readiness probe. Read its log: {log_command(pod, container)}",
                stuck=False,
            )
        return Finding(
            "Loading",
            f"Pod {name_of(pod)} loads its model since {running.get('startedAt')}."
            f" Follow its log: {log_command(pod, container)}",
            stuck=False,
        )
    return None


def starting(pod: Manifest) -> Finding | None:
    """Nothing is wrong yet."""
    return Finding("Starting", f"Pod {name_of(pod)} starts: its image is pulled, its volumes are mounted.", stuck=False)


ROWS: tuple[Callable[[Manifest], Finding | None], ...] = (
    unschedulable,
    image_refused,
    misconfigured,
    out_of_memory,
    crashing,
    loading,
    starting,
)


def name_of(pod: Manifest) -> str:
    """Name of a pod."""
    return str(pod["metadata"]["name"])


def containers(pod: Manifest) -> list[Manifest]:
    """Statuses of the pod's containers: unfinished init containers, then the engine, then sidecars."""
    status = pod["status"]
    inits = [c for c in status.get("initContainerStatuses") or [] if state(c, "terminated").get("exitCode") != 0]
    own = sorted(status.get("containerStatuses") or [], key=lambda c: bool(c["name"] != ENGINE_CONTAINER))
    return [*inits, *own]


def state(container: Manifest, which: str) -> Manifest:
    """One of a container's states: waiting, running or terminated; empty where it is not in it."""
    found: Manifest = (container.get("state") or {}).get(which) or {}
    return found


def last_end(container: Manifest) -> Manifest:
    """How a container that does not answer ended last; empty where it never ended."""
    if container.get("ready"):
        return {}
    ended: Manifest = state(container, "terminated") or (container.get("lastState") or {}).get("terminated") or {}
    return ended


def restarts(container: Manifest) -> str:
    """How often it was started anew."""
    count = container.get("restartCount", 0)
    return "restarted once" if count == 1 else f"restarted {count} times"


def limit_of(pod: Manifest) -> str:
    """The engine's memory limit, to end a clause."""
    for container in (pod.get("spec") or {}).get("containers") or []:
        limit = ((container.get("resources") or {}).get("limits") or {}).get("memory")
        if container.get("name") == ENGINE_CONTAINER and limit:
            return f" of {limit}"
    return ""


def log_command(pod: Manifest, container: Manifest) -> str:
    """What shows the container's log."""
    return f"kubectl logs -n {pod['metadata']['namespace']} {name_of(pod)} -c {container['name']}"


def last_line(text: str) -> str:
    """The last line that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def shortened(text: str) -> str:
    """One line, not too long, that ends like a sentence."""
    flat = " ".join(text.split())
    if len(flat) > LONGEST_DETAIL:
        return f"{flat[: LONGEST_DETAIL - 4]} ..."
    return flat if not flat or flat[-1] in ".!?" else f"{flat}."

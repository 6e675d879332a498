"""A container ended that should not have."""

import re

from inferops.names import ENGINE_CONTAINER, Manifest
from inferops.plan.diagnosis.containers import again, containers, last_end, log_command, state, title, unfinished_inits
from inferops.plan.diagnosis.finding import Evidence, Finding
from inferops.plan.diagnosis.probes import describe_probe, last_answer
from inferops.plan.diagnosis.words import quoted, telling_line

KILLED = {0, 137, 143}
"""Exit codes of who was ended: at its own pace, by SIGKILL, by SIGTERM."""
MENDS = (
    (
        r"CUDA out of memory|OutOfMemoryError|No available memory for the cache blocks|stored in KV cache",
        "The GPU's memory is too small: choose a hardware with more of it, or lower --max-model-len in spec.args.",
    ),
    (
        r"GatedRepo|gated repo|RepositoryNotFound|401 Client Error|403 Client Error",
        "The model's source refuses: name a token that may read it in tokenSecretRef of the Model.",
    ),
    (r"No space left on device", "Give it a larger volume in spec.cache."),
    (r"driver version is insufficient|no kernel image is available", "The node's GPU driver is too old for the image."),
)
"""Of what engines say as they end: what to do."""


def out_of_memory(pod: Manifest, _: Evidence) -> Finding | None:
    """The kernel killed a container at its memory limit."""
    for container in containers(pod):
        if last_end(container).get("reason") == "OOMKilled":
            text = f"{title(pod, container)} was killed{again(container)} at its memory limit{limit_of(pod)}."
            mend = "Choose a hardware with more memory, or a smaller model or context length."
            return Finding("OOMKilled", f"{text} {mend}", stuck=True)
    return None


def limit_of(pod: Manifest) -> str:
    """The engine's memory limit, to end a clause."""
    for container in (pod.get("spec") or {}).get("containers") or []:
        limit = ((container.get("resources") or {}).get("limits") or {}).get("memory")
        if container.get("name") == ENGINE_CONTAINER and limit:
            return f" of {limit}"
    return ""


def killed_by_probe(pod: Manifest, evidence: Evidence) -> Finding | None:
    """The kubelet ends, or ended last, a container that failed its startup or liveness probe."""
    killing = evidence.last(pod, "Killing")
    for container in containers(pod):
        told = re.search(
            rf"[Cc]ontainer {re.escape(container['name'])} failed (startup|liveness) probe", killing.get("message", "")
        )
        ended, runs = last_end(container), state(container, "running")
        passed = container.get("started") and runs.get("startedAt", "") > killing.get("at", "")
        if told is None or container.get("ready") or passed or (ended and ended.get("exitCode") not in KILLED):
            continue
        which = told.group(1)
        text = (
            f"{title(pod, container)} was ended{again(container)} because it failed its"
            f" {which} probe ({describe_probe(pod, container, which)}){last_answer(pod, evidence, which)}."
            f" Read its log, or correct spec.probes.{which}: {log_command(pod, container)} --previous"
        )
        return Finding(f"{which.capitalize()}ProbeFailed", text, stuck=True)
    return None


def hook_failed(pod: Manifest, evidence: Evidence) -> Finding | None:
    """The kubelet ended a container whose postStart hook failed."""
    for container in containers(pod):
        waiting = state(container, "waiting")
        now = waiting.get("reason") == "PostStartHookError"
        if not now and not (last_end(container) and evidence.last(pod, "FailedPostStartHook")):
            continue
        said = quoted(str(waiting.get("message", "")).rpartition("failed - error: ")[2]) if now else ""
        text = f"{title(pod, container)} was ended{again(container)} because its postStart hook failed"
        mend = "Correct lifecycle.postStart in spec.podTemplate."
        return Finding("PostStartHookError", f"{text}{f': {said}' if said else '.'} {mend}", stuck=True)
    return None


def crashing(pod: Manifest, _: Evidence) -> Finding | None:
    """A container ended by itself, and will again; true also in the seconds between two restarts."""
    inits = {container["name"] for container in unfinished_inits(pod)}
    for container in containers(pod):
        ended = last_end(container)
        if not ended:
            continue
        said = str(ended.get("message", ""))
        words = quoted(telling_line(said))
        mend = next((mend for pattern, mend in MENDS if re.search(pattern, said)), "Read its log:")
        log = f" {log_command(pod, container)} --previous" if mend.endswith(":") else ""
        text = (
            f"{title(pod, container)} ended{again(container)} with exit code {ended.get('exitCode')}"
            f"{f', saying: {words}' if words else '.'} {mend}{log}"
        )
        return Finding("InitFailed" if container["name"] in inits else "CrashLoopBackOff", text, stuck=True)
    return None

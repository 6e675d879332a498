"""A container runs and does not answer: it loads its model, or it fails a probe."""

import re
from datetime import datetime, timedelta

from inferops.names import Manifest
from inferops.plan.conditions import timestamp
from inferops.plan.diagnosis.containers import (
    containers,
    log_command,
    name_of,
    spec_of,
    state,
    title,
    unfinished_inits,
)
from inferops.plan.diagnosis.finding import Evidence, Finding
from inferops.plan.diagnosis.words import quoted

OVERDUE_MINUTES = 10
"""How long a model may load before that is worth a word: it may still be right."""
ANSWERED = "statuscode"
"""Of a probe that something answered, only not well."""
PREFIX = re.compile(r'^(?:[A-Z]\w+ probe (?:failed|errored)[^:]*: )?(?:Get "[^"]*": )?')


def initializing(pod: Manifest, _: Evidence) -> Finding | None:
    """An init container runs."""
    for container in unfinished_inits(pod):
        if since := state(container, "running").get("startedAt"):
            text = f"{title(pod, container)} runs since {since}; the engine starts after it."
            return Finding("Initializing", f"{text} Follow its log: {log_command(pod, container)}", stuck=False)
    return None


def unready(pod: Manifest, evidence: Evidence) -> Finding | None:
    """It has started, and fails its readiness probe."""
    for container in containers(pod):
        if not state(container, "running") or container.get("ready") or not container.get("started"):
            continue
        probe, answer = describe_probe(pod, container, "readiness"), last_answer(pod, evidence, "readiness")
        if not answer:
            text = f"{title(pod, container)} has started and is not ready yet; its readiness probe is {probe}."
            return Finding("NotReady", text, stuck=False)
        text = (
            f"{title(pod, container)} runs and fails its readiness probe ({probe}){answer}."
            f" Read its log, or correct spec.probes.readiness: {log_command(pod, container)}"
        )
        return Finding("ReadinessProbeFailed", text, stuck=False)
    return None


def loading(pod: Manifest, evidence: Evidence) -> Finding | None:
    """It runs and has not yet answered."""
    for container in containers(pod):
        since = state(container, "running").get("startedAt")
        if not since or container.get("ready"):
            continue
        log = log_command(pod, container)
        probe = f"startup probe ({describe_probe(pod, container, 'startup')})"
        answer = last_answer(pod, evidence, "startup")
        if name_of(pod) in evidence.overdue:
            text = (
                f"Pod {name_of(pod)} loads its model since {since}, longer than {OVERDUE_MINUTES} minutes, and fails"
                f" its {probe}{answer}.{deadline(pod, container, since)} See whether its log still moves: {log}"
            )
            return Finding("LoadingSlowly", text, stuck=False)
        if ANSWERED in answer:
            text = f"Pod {name_of(pod)} runs since {since} and fails its {probe}{answer}."
            return Finding("StartupProbeFailed", f"{text} If that stays, correct spec.probes.startup.", stuck=False)
        text = f"Pod {name_of(pod)} loads its model since {since}. Follow its log: {log}"
        return Finding("Loading", text, stuck=False)
    return None


def deadline(pod: Manifest, container: Manifest, since: str) -> str:
    """When the kubelet loses patience, as a sentence."""
    probe = spec_of(pod, container).get("startupProbe")
    if not probe:
        return ""
    patience = probe.get("periodSeconds", 10) * probe.get("failureThreshold", 3) + probe.get("initialDelaySeconds", 0)
    end = datetime.fromisoformat(since) + timedelta(seconds=patience)
    return f" If that goes on, its container is started anew at {timestamp(end)}."


def describe_probe(pod: Manifest, container: Manifest, which: str) -> str:
    """What a probe asks, such as `GET /health on port 8000`."""
    probe = spec_of(pod, container).get(f"{which}Probe") or {}
    if http := probe.get("httpGet"):
        return f"GET {http.get('path', '/')} on port {http.get('port')}"
    if tcp := probe.get("tcpSocket"):
        return f"port {tcp.get('port')}"
    if grpc := probe.get("grpc"):
        return f"gRPC on port {grpc.get('port')}"
    command = " ".join((probe.get("exec") or {}).get("command") or [])
    return f"`{command}`" if command else "its own"


def last_answer(pod: Manifest, evidence: Evidence, which: str) -> str:
    """What the probe got last, by the kubelet's event, to end a clause."""
    told = [str(event.get("message", "")) for event in evidence.about(pod) if event.get("reason") == "Unhealthy"]
    newest = next((each for each in reversed(told) if each.lower().startswith(f"{which} probe")), "")
    answer = quoted(PREFIX.sub("", newest)).removesuffix(".")
    return f": {answer}" if answer else ""

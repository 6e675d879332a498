"""The image does not come."""

import re

from inferops.names import Manifest
from inferops.plan.diagnosis.containers import containers, name_of, node_of, state
from inferops.plan.diagnosis.finding import Evidence, Finding
from inferops.plan.diagnosis.words import quoted

PULL_REASONS = {"ErrImagePull", "ImagePullBackOff", "RegistryUnavailable", "ImageInspectError"}
IMAGE_REASONS = {"ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"}
"""Findings that a Registry may explain better."""
NAMED = re.compile(r'(?:pulling image|pull and unpack image|resolve reference) "([^"]+)"')
"""The image that a message speaks of: not always the container's, there are volumes of images too."""
WRAPPING = re.compile(
    r'^(?:rpc error: code = \w+ desc = |(?:Head|Get) "[^"]*": '
    r'|failed to (?:pull and unpack image|resolve reference|do request|copy)(?: "[^"]*")?: )+'
)
"""What containerd puts around a registry's answer."""
MENDS = (
    (r"401|403|unauthorized|authoriz|denied|forbidden", "Name a Registry with a right to it in spec.registry."),
    (
        r"429|toomanyrequests|rate limit",
        "It limits strangers: name a Registry with a login in spec.registry.",
    ),
    (r"not found|404|manifest unknown", "Correct the image's name and tag."),
    (r"x509|certificate", "The node must trust the registry's certificate."),
    (r"HTTP response to HTTPS client", "The registry speaks no TLS, which the node's container runtime must allow."),
    (r"no such host|dial tcp|timeout|connection re", "Correct the registry's host, or let the node reach it."),
    (r"no match for platform|no matching manifest", "Choose an image for the node's architecture."),
    (r"no space left", "Free the node's disk."),
)
"""Of what a registry or the node says: what to do. The first that fits counts."""


def image_refused(pod: Manifest, evidence: Evidence) -> Finding | None:
    """The kubelet alternates between the reasons of one failure; we name one."""
    for container in containers(pod):
        waiting = state(container, "waiting")
        reason = waiting.get("reason", "")
        if reason in PULL_REASONS:
            return pull_refused(pod, container, evidence)
        image = container.get("image")
        if reason == "InvalidImageName":
            text = f'Pod {name_of(pod)} cannot start: "{image}" is no image name. Correct spec.image.'
            return Finding(reason, text, stuck=True)
        if reason == "ErrImageNeverPull":
            text = f"Image {image} of pod {name_of(pod)} is not on node {node_of(pod)} and may not be pulled."
            return Finding(reason, f"{text} Load it there, or change imagePullPolicy in spec.podTemplate.", stuck=True)
    return None


def pull_refused(pod: Manifest, container: Manifest, evidence: Evidence) -> Finding:
    """With the registry's own answer, which some kubelets tell in an event only."""
    said = str(state(container, "waiting").get("message", "")).rpartition("ErrImagePull: ")[2]
    if said.startswith("Back-off") or not said:
        said = evidence.newest(pod, "Failed").partition(": ")[2] or said
    image = found.group(1) if (found := NAMED.search(said)) else container.get("image")
    answer = quoted(WRAPPING.sub("", said))
    mend = next((mend for pattern, mend in MENDS if re.search(pattern, answer, re.IGNORECASE)), "")
    text = f"Image {image} of pod {name_of(pod)} cannot be pulled: {answer}"
    advice = mend or "Check the image's name, and spec.registry if it is private."
    return Finding("ImagePullBackOff", f"{text} {advice}", stuck=True)

"""The container cannot be made or started."""

import re

from inferops.names import Manifest
from inferops.plan.diagnosis.containers import containers, last_end, name_of, node_of, spec_of, state, title
from inferops.plan.diagnosis.finding import Evidence, Finding
from inferops.plan.diagnosis.volumes import ABSENT_OBJECT, OBJECTS
from inferops.plan.diagnosis.words import quoted
from inferops.plan.image_volumes import has_image_volume

CONFIG_REASONS = {"CreateContainerConfigError", "CreateContainerError"}
START_REASONS = {"RunContainerError", "StartError", "ContainerCannotRun"}
ABSENT_KEY = re.compile(r"couldn't find key (\S+) in (Secret|ConfigMap) (?:[^/\s]+/)?(\S+)")
ROOT = ("runAsNonRoot", "non-numeric user")
NO_PROGRAM = ("no such file or directory", "executable file not found", "permission denied")


def misconfigured(pod: Manifest, _: Evidence) -> Finding | None:
    """The kubelet cannot make the container: most often a Secret or its key is missing."""
    for container in containers(pod):
        waiting = state(container, "waiting")
        if waiting.get("reason") not in CONFIG_REASONS:
            continue
        said = str(waiting.get("message", ""))
        if found := ABSENT_OBJECT.search(said):
            return absent(pod, container, OBJECTS[found.group(1)], found.group(2), "")
        if found := ABSENT_KEY.search(said):
            return absent(pod, container, found.group(2), found.group(3), found.group(1))
        if "failed to mkdir" in said and has_image_volume(pod):
            return image_volume_unsupported(pod)
        mend = "Create what is missing, or correct the spec that names it."
        if any(word in said for word in ROOT):
            mend = "Set runAsUser in spec.podTemplate, or choose an image that does not run as root."
        text = f"{title(pod, container)} cannot start: {quoted(said)} {mend}"
        return Finding(waiting["reason"], text, stuck=True)
    return None


def absent(pod: Manifest, container: Manifest, kind: str, name: str, key: str) -> Finding:
    """A Secret or ConfigMap, or a key of it, that an environment variable takes its value from."""
    where = f"in namespace {pod['metadata']['namespace']}"
    what = f'{kind} "{name}" {where} has no key "{key}"' if key else f'There is no {kind} "{name}" {where}'
    field = {"Secret": "secretKeyRef", "ConfigMap": "configMapKeyRef"}[kind]
    takers = [
        variable["name"]
        for variable in spec_of(pod, container).get("env") or []
        if (ref := (variable.get("valueFrom") or {}).get(field) or {})
        and ref.get("name") == name
        and key in ("", ref.get("key"))
    ]
    taker = f"variable {takers[0]}" if takers else "the environment"
    text = f"{what}, from which {taker} of pod {name_of(pod)} comes. Create it, or correct what names it: spec.env"
    token = ", or tokenSecretRef of the Model" if kind == "Secret" else ""
    return Finding(f"{kind}{'Key' if key else ''}NotFound", f"{text}{token}.", stuck=True)


def image_volume_unsupported(pod: Manifest) -> Finding:
    """Containerd before 2.1 knows no image volumes and fails in its own words."""
    text = f"The container runtime of node {node_of(pod)} has no image volumes, which pod {name_of(pod)} needs."
    mend = "Update it (containerd 2.1, CRI-O 1.31), or take another source than oci:// for the Model."
    return Finding("ImageVolumeNotSupported", f"{text} {mend}", stuck=True)


def not_started(pod: Manifest, _: Evidence) -> Finding | None:
    """The container is made, and its program cannot be started; true also between two tries."""
    for container in containers(pod):
        ended, waiting = last_end(container), state(container, "waiting")
        failed = next((each for each in (waiting, ended) if each.get("reason") in START_REASONS), None)
        if failed is None:
            continue
        said = str(failed.get("message", ""))
        core = said.rpartition("unable to start container process: ")[2].removesuffix(": unknown")
        mend = "Look at the node's container runtime."
        if "exec format error" in said:
            mend = "Choose an image for the node's architecture."
        elif any(word in said for word in NO_PROGRAM):
            mend = "Correct spec.command: the image has no such program."
        return Finding("StartError", f"{title(pod, container)} cannot start: {quoted(core)} {mend}", stuck=True)
    return None

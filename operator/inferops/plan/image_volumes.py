"""Weights in an image that is mounted as a volume (KEP-4639): which nodes can do that."""

import re
from collections.abc import Iterable

from inferops.errors import SpecError
from inferops.names import Manifest

Version = tuple[int, int]

KUBELET: Version = (1, 31)
RUNTIMES: dict[str, Version] = {"containerd": (2, 1), "cri-o": (1, 31)}
"""The first versions that mount images; of other runtimes nothing is known."""
NEEDS = "it needs Kubernetes 1.35 (or the feature gate ImageVolume of 1.33) and containerd 2.1 or CRI-O 1.31"
MEND = "or weights by hf://, pvc:// or s3://"


def is_image(source: str | None) -> bool:
    """Whether a Model's source is an image."""
    return (source or "").startswith("oci://")


def refuse_image_volume(model: str, source: str, why: str) -> SpecError:
    """The error for a source oci:// where it cannot be mounted."""
    text = f'Model "{model}" has its weights in an image ({source}), which this cluster cannot mount ({why}): {NEEDS},'
    return SpecError(f"{text} {MEND}", reason="ImageVolumeNotSupported")


def find_incapable(nodes: Iterable[Manifest]) -> str | None:
    """Why no node mounts images; None where one does, or nothing is known of any."""
    reasons = [incapable(node) for node in nodes]
    return next(iter(reasons), None) if all(reasons) else None


def incapable(node: Manifest) -> str | None:
    """Why the node does not mount images; None where it does or may."""
    info, name = (node.get("status") or {}).get("nodeInfo") or {}, node["metadata"]["name"]
    runtime, _, version = str(info.get("containerRuntimeVersion", "")).partition("://")
    if runtime in RUNTIMES and is_older(version, RUNTIMES[runtime]):
        return f'node "{name}" runs {runtime} {version}'
    if is_older(str(info.get("kubeletVersion", "")), KUBELET):
        return f'node "{name}" runs Kubernetes {info["kubeletVersion"]}'
    return None


def is_older(text: str, wanted: Version) -> bool:
    """Whether a version is before another; one that cannot be read is not."""
    found = re.match(r"v?(\d+)\.(\d+)", text)
    return found is not None and (int(found[1]), int(found[2])) < wanted


def mounts_image(deployment: Manifest | None) -> bool:
    """Whether the pods have a volume that is an image. Where the feature gate is off, the API server takes the manifest
    and drops the volume without a word.
    """
    return has_image_volume(((deployment or {}).get("spec") or {}).get("template") or {})


def has_image_volume(pod: Manifest) -> bool:
    """Whether a volume of the pod, or of a pod template, is an image."""
    return any("image" in volume for volume in (pod.get("spec") or {}).get("volumes") or [])

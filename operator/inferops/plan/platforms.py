"""For which machines an image is, and whether the cluster has some.

Source: https://github.com/opencontainers/image-spec/blob/main/image-index.md and config.md
"""

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from inferops.names import Manifest
from inferops.plan.conditions import Verdict, no, unknown, yes

MOST_PLATFORMS = 32
"""More than any image has: an index may list anything."""
LONGEST = 64
"""Characters of an operating system, an architecture or a variant: likewise."""


def index_platforms(index: Manifest) -> tuple[str, ...]:
    """The platforms of an image index (or Docker's manifest list), such as `linux/arm64`."""
    described = [entry.get("platform") or {} for entry in index.get("manifests") or []]
    found = dict.fromkeys(describe_platform(platform) for platform in described)
    return tuple(platform for platform in found if platform)[:MOST_PLATFORMS]


def describe_platform(platform: Manifest) -> str:
    """`os/architecture[/variant]`, also of an image's own configuration; empty where it says none.

    Attestations stand in an index as unknown/unknown.
    """
    given = (platform.get("os"), platform.get("architecture"), platform.get("variant"))
    parts = [part if isinstance(part, str) and len(part) <= LONGEST else "" for part in given]
    return "/".join(filter(None, parts)) if parts[0] and parts[1] and "unknown" not in parts else ""


def config_digest(manifest: Manifest) -> str | None:
    """Where the configuration of a plain manifest is."""
    digest: Any = (manifest.get("config") or {}).get("digest")
    return digest if isinstance(digest, str) else None


def parse_document(body: bytes) -> Manifest:
    """A JSON object; empty where it is none."""
    with suppress(ValueError, RecursionError):
        document = json.loads(body)
        if isinstance(document, dict):
            return document
    return {}


def node_platforms(nodes: Iterable[Manifest]) -> list[str]:
    """The platform of each node."""
    infos = [(node.get("status") or {}).get("nodeInfo") or {} for node in nodes]
    return [
        f"{info.get('operatingSystem', 'linux')}/{info['architecture']}" for info in infos if "architecture" in info
    ]


def judge_runnable(platforms: Sequence[str], nodes: Sequence[str]) -> Verdict:
    """Whether the image can run here; `nodes` is the platform of each node."""
    kind, shown = "Runnable", " and ".join(platforms[:8])
    if not platforms:
        return unknown(kind, "PlatformsUnknown", "The registry does not say for which platforms the image is.")
    if not nodes:
        return unknown(kind, "NoNodes", f"The image is for {shown}; the cluster has no nodes to compare with.")
    able = {"/".join(platform.split("/")[:2]) for platform in platforms}
    fitting = sum(node in able for node in nodes)
    if not fitting:
        theirs = " and ".join(sorted(set(nodes)))
        text = f"The image is for {shown}, but all nodes are {theirs}: build it for one of their platforms"
        return no(kind, "NoNodeFits", f"{text}, or add a node that fits.")
    if fitting < len(nodes):
        text = f"The image is for {shown}: it runs on {fitting} of {len(nodes)} nodes, and fails on the others"
        return yes(kind, "SomeNodesFit", f"{text}. Set nodeSelector kubernetes.io/arch in the Hardware or Region.")
    return yes(kind, "NodesFit", f"The image is for {shown}, as the nodes are.")

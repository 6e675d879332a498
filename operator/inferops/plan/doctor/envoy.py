"""Whether the gateway's Envoy is one that our module is for: another one warns in its log, or does not start."""

import re
from collections.abc import Iterator

from inferops.names import Manifest
from inferops.plan.report import Line, ok, warning

MADE_FOR = ("1.40", "1.41")
"""Envoy keeps what a module needs for one minor version more. https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/advanced/dynamic_modules"""


def check_envoy(deployment: Manifest | None) -> Iterator[Line]:
    """By the tag of its image, as far as that tells; nothing where it does not."""
    containers = deployment["spec"]["template"]["spec"].get("initContainers", []) if deployment else []
    image = next((each["image"] for each in containers if each["name"] == "envoy"), "")
    version = re.search(r"v?(\d+\.\d+)\.\d+", image.rpartition(":")[2])
    if not version:
        return
    if version[1] in MADE_FOR:
        yield ok("Envoy", f"{version[0]} is one that the gateway's module is for")
        return
    text = f"{image}: the gateway's module is for {' and '.join(MADE_FOR)}"
    yield warning("Envoy", text, "Leave gateway.image of the chart as it is.")

"""PURE: where an instance runs and how it scales, from flags."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import click

TRIGGERS: Mapping[str, tuple[str, str]] = {
    "cpu": ("cpu", "threshold"),
    "memory": ("memory", "threshold"),
    "gpu-memory": ("gpuMemory", "threshold"),
    "gpu-utilization": ("gpuUtilization", "threshold"),
    "concurrency": ("concurrency", "target"),
    "tokens": ("tokens", "perSecond"),
    "queue": ("queue", "waiting"),
}
"""Flag, and field on the wire; http has two numbers, schedules are for files."""
HTTP_RATE = re.compile(r"(\d+)/(\d+)s?")
TRIGGER_HELP = f"cpu=80, http=12/60s, or {', '.join(list(TRIGGERS)[1:])} with a number; repeat it for more."


def build_triggers(texts: Sequence[str]) -> dict[str, Any]:
    """`cpu=80`, `http=12/60s`: triggers on the wire."""
    triggers: dict[str, Any] = {}
    for text in texts:
        name, _, value = text.partition("=")
        if name == "http" and (match := HTTP_RATE.fullmatch(value)):
            triggers["http"] = {"rate": int(match[1]), "window": int(match[2])}
        elif name in TRIGGERS and value.isdecimal():
            field, number = TRIGGERS[name]
            triggers[field] = {number: int(value)}
        else:
            raise click.UsageError(f'--trigger is "{text}": must be {TRIGGER_HELP}')
    return triggers


def build_scale(flags: Mapping[str, Any]) -> dict[str, Any]:
    """What flags say of a scale, and nothing else."""
    named = {"min": flags["min"], "max": flags["max"], "cooldownPeriod": flags["cooldown"]}
    scale = {field: value for field, value in named.items() if value is not None}
    if flags["triggers"]:
        scale["triggers"] = build_triggers(flags["triggers"])
    return scale


def build_regions(flags: Mapping[str, Any], regions: Sequence[int], before: Sequence[Any]) -> list[Any] | None:
    """autoScalingConfigurations: flags over what was there `before`, in the regions that flags name, or in all. None
    where flags say nothing of it. A new region begins with one replica.
    """
    scale = build_scale(flags)
    if not scale and not regions:
        return None
    merged = {each["regionId"]: dict(each["scale"]) for each in before}
    for region in regions or list(merged):
        merged[region] = {**merged.get(region, {"min": 1, "max": max(1, scale.get("min", 1))}), **scale}
    return [{"regionId": region, "scale": each} for region, each in merged.items()]

"""What KEDA says of a trigger with every question: its metadata, as plan/triggers.py wrote it."""

import math
import re
from dataclasses import dataclass

from inferops.control.proto import externalscaler_pb2 as pb
from inferops.specs.scaling import ENGINE_TRIGGERS, GPU_TRIGGERS

DEMANDS = ("http", "concurrency")
"""Answered from what the gateways see."""
NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
"""What an object can be called (RFC 1123): names become part of queries, and not only KEDA may reach the port."""
METRICS = (*DEMANDS, *GPU_TRIGGERS, *ENGINE_TRIGGERS)


@dataclass(frozen=True, slots=True)
class Trigger:
    """One trigger of a ScaledObject, as its metadata says; times in seconds."""

    namespace: str
    workload: str
    metric: str
    instance: str
    target: float
    window: float
    lifetime: float

    @property
    def wakes(self) -> bool:
        """Whether requests decide; else what GPUs or engines say, which wakes nothing."""
        return self.metric in DEMANDS


def read_trigger(reference: pb.ScaledObjectRef) -> Trigger:
    """Parse what KEDA sends with every call. Raises ValueError, naming the field."""
    given = dict(reference.scalerMetadata)
    metric, instance = given.get("metric", "http"), given.get("instance", "")
    if metric not in METRICS:
        raise ValueError(f'metric is "{metric}": it must be one of {", ".join(METRICS)}')
    if not instance:
        raise ValueError("instance is missing: it must be the id of an InferenceInstance")
    for field, name in (("namespace", reference.namespace), ("name", reference.name), ("instance", instance)):
        if not NAME.fullmatch(name):
            raise ValueError(f"{field} is {name[:253]!r}: it must be the name of an object")
    numbers = {name: _number(given, name) for name in ("target", "window", "podLifetime")}
    return Trigger(
        reference.namespace,
        reference.name,
        metric,
        instance,
        target=numbers["target"] or 1.0,
        window=numbers["window"] or 1.0,
        lifetime=math.inf if numbers["podLifetime"] is None else numbers["podLifetime"],
    )


def _number(given: dict[str, str], name: str) -> float | None:
    try:
        return float(given[name]) if given.get(name) else None
    except ValueError:
        raise ValueError(f'{name} is "{given[name]}": it must be a number') from None

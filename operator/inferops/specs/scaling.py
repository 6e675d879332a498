"""How many replicas, and what moves them: the scale of one region."""

from typing import ClassVar

from pydantic import Field

from inferops.specs.base import Label, Percent, Rule, Spec


class Utilization(Spec):
    """Scale so that the average over replicas stays near a percentage."""

    threshold: Percent = Field(description="Percent, 1 to 100.")


class HttpRate(Spec):
    """Scale on requests per window and replica; the only trigger that wakes an instance from zero."""

    rate: int = Field(ge=1, le=1000, description="Requests per window that one replica should get.")
    window: int = Field(ge=1, le=3600, description="Length of the window in seconds.")


class Triggers(Spec):
    """What is watched. Any of them may ask for more replicas; the largest answer counts."""

    cpu: Utilization | None = Field(default=None, description="CPU use in percent of the request.")
    memory: Utilization | None = Field(default=None, description="Memory use in percent of the request.")
    gpu_memory: Utilization | None = Field(default=None, description="GPU memory in use, in percent.")
    gpu_utilization: Utilization | None = Field(default=None, description="GPU utilization in percent (DCGM).")
    http: HttpRate | None = Field(default=None, description="Requests per window and replica.")
    rules: ClassVar[list[Rule]] = [
        Rule(
            rule="has(self.cpu) || has(self.memory) || has(self.gpuMemory) || has(self.gpuUtilization)"
            " || has(self.http)",
            message="triggers is empty: name at least one of cpu, memory, gpuMemory, gpuUtilization and http,"
            " or leave triggers out for cpu 80 and memory 80",
        )
    ]


DEFAULT_TRIGGERS = Triggers(cpu=Utilization(threshold=80), memory=Utilization(threshold=80))
"""Where a scale names no triggers."""


class Scale(Spec):
    """Replicas in one region."""

    min: int = Field(ge=0, le=300, description="Fewest replicas. 0: sleeps when idle, wakes on a request.")
    max: int = Field(ge=1, le=300, description="Most replicas.")
    cooldown_period: int = Field(default=60, ge=1, le=3600, description="Seconds between scaling actions.")
    polling_interval: int | None = Field(
        default=None,
        ge=1,
        le=3600,
        json_schema_extra={"nullable": True},
        description="Seconds between looks at the triggers while at zero; null derives it from podLifetime.",
    )
    triggers: Triggers | None = Field(default=None, description="Default: cpu 80 and memory 80.")
    rules: ClassVar[list[Rule]] = [
        Rule(rule="self.min <= self.max", message="scale.min must not be greater than scale.max", fieldPath=".min"),
        Rule(
            rule="self.min != 0 || (has(self.triggers) && has(self.triggers.http))",
            message="scale.min 0 needs triggers.http: only requests can wake an instance from zero",
            fieldPath=".min",
        ),
    ]


class RegionScale(Spec):
    """One region that the instance runs in."""

    region: Label = Field(description="Name of a Region.")
    scale: Scale = Field(description="Replicas there.")

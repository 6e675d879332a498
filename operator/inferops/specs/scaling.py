"""How many replicas, and what moves them: the scale of one region."""

from typing import Annotated, ClassVar

from pydantic import Field

from inferops.specs.base import Label, Pattern, Percent, Rule, Spec


class Utilization(Spec):
    """Scale so that the average over replicas stays near a percentage."""

    threshold: Percent = Field(description="Percent, 1 to 100.")


class HttpRate(Spec):
    """Scale on requests per window and replica; wakes an instance from zero."""

    rate: int = Field(ge=1, le=1000, description="Requests per window that one replica should get.")
    window: int = Field(ge=1, le=3600, description="Length of the window in seconds.")


class Concurrency(Spec):
    """Scale on requests in progress, those that wait for a replica included; wakes an instance from zero."""

    target: int = Field(ge=1, le=10000, description="Requests in progress that one replica should have.")


class TokenRate(Spec):
    """Scale on the tokens that engines read and write."""

    per_second: int = Field(
        ge=1, le=1_000_000, description="Tokens per second, of prompts and answers, that one replica should process."
    )


class Queue(Spec):
    """Scale on the requests that engines have taken and not begun."""

    waiting: int = Field(ge=1, le=10000, description="Requests that may wait in one replica's engine.")


def cron_field(value: str) -> str:
    """Regular expression of one field of a cron expression: values, ranges, steps, lists."""
    part = rf"(\*|{value}(-{value})?)(/[1-9][0-9]?)?"
    return f"{part}(,{part})*"


DAYS, MONTHS, WEEKDAYS = "(0?[1-9]|[12][0-9]|3[01])", "(0?[1-9]|1[0-2])", "([0-6]|(?i:sun|mon|tue|wed|thu|fri|sat))"
CRON_FIELDS = ("[0-5]?[0-9]", "([01]?[0-9]|2[0-3])", DAYS, MONTHS, WEEKDAYS)
"""Minute, hour, day of the month, month, day of the week, as KEDA reads them (github.com/robfig/cron)."""
Cron = Annotated[
    str,
    Field(max_length=100),
    Pattern(
        f"^{' '.join(map(cron_field, CRON_FIELDS))}$",
        'must be five cron fields (minute, hour, day, month, weekday 0-6 or sun-sat), such as "0 8 * * mon-fri"',
    ),
]
TimeZone = Annotated[
    str,
    Field(max_length=64),
    Pattern(
        "^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$",
        'must be a name of the IANA time zone database, such as "Europe/Berlin"',
    ),
]


class Schedule(Spec):
    """At least so many replicas between two times, whatever else is asked for."""

    start: Cron = Field(description='When it begins, as in cron: "0 8 * * mon-fri".')
    end: Cron = Field(description='When it ends: "0 20 * * mon-fri".')
    timezone: TimeZone = Field(default="UTC", description='Of both, such as "Europe/Berlin".')
    min: int = Field(ge=1, le=300, description="Fewest replicas meanwhile.")
    rules: ClassVar[list[Rule]] = [
        Rule(rule="self.start != self.end", message="a schedule must not end when it starts", fieldPath=".end")
    ]


class Triggers(Spec):
    """What is watched. Any of them may ask for more replicas; the largest answer counts."""

    cpu: Utilization | None = Field(default=None, description="CPU use in percent of the request.")
    memory: Utilization | None = Field(default=None, description="Memory use in percent of the request.")
    gpu_memory: Utilization | None = Field(default=None, description="GPU memory in use, in percent.")
    gpu_utilization: Utilization | None = Field(default=None, description="GPU utilization in percent (DCGM).")
    http: HttpRate | None = Field(default=None, description="Requests per window and replica.")
    concurrency: Concurrency | None = Field(default=None, description="Requests in progress per replica.")
    tokens: TokenRate | None = Field(
        default=None, description="Tokens per second and replica, as the engines count them (vLLM, SGLang)."
    )
    queue: Queue | None = Field(
        default=None, description="Requests that wait in the engines, per replica (vLLM, SGLang)."
    )
    schedules: list[Schedule] | None = Field(
        default=None, min_length=1, max_length=10, description="Times with more replicas; KEDA's cron."
    )
    rules: ClassVar[list[Rule]] = [
        Rule(
            rule="has(self.cpu) || has(self.memory) || has(self.gpuMemory) || has(self.gpuUtilization)"
            " || has(self.http) || has(self.concurrency) || has(self.tokens) || has(self.queue)"
            " || has(self.schedules)",
            message="triggers is empty: name at least one of cpu, memory, gpuMemory, gpuUtilization, http,"
            " concurrency, tokens, queue and schedules, or leave triggers out for cpu 80 and memory 80",
        )
    ]


GPU_TRIGGERS = ("gpuMemory", "gpuUtilization")
"""Those that NVIDIA's DCGM exporter answers, through Prometheus."""
ENGINE_TRIGGERS = ("tokens", "queue")
"""Those that engines answer at /metrics."""
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
        description="Seconds between KEDA's looks at the triggers; null: 30, with schedules fewer by podLifetime.",
    )
    triggers: Triggers | None = Field(default=None, description="Default: cpu 80 and memory 80.")
    rules: ClassVar[list[Rule]] = [
        Rule(rule="self.min <= self.max", message="scale.min must not be greater than scale.max", fieldPath=".min"),
        Rule(
            rule="self.min != 0 || (has(self.triggers) && (has(self.triggers.http) || has(self.triggers.concurrency)))",
            message="scale.min 0 needs triggers.http or triggers.concurrency: only requests can wake an instance from"
            " zero",
            fieldPath=".min",
        ),
        Rule(
            rule="!has(self.triggers) || !has(self.triggers.schedules)"
            " || self.triggers.schedules.all(schedule, schedule.min <= self.max)",
            message="the min of a schedule must not be greater than scale.max",
            fieldPath=".triggers.schedules",
        ),
    ]


class RegionScale(Spec):
    """One region that the instance runs in."""

    region: Label = Field(description="Name of a Region.")
    scale: Scale = Field(description="Replicas there.")

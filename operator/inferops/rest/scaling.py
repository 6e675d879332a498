"""How many replicas in which region, and what moves them: the same in requests and answers."""

from typing import Annotated

from pydantic import Field

from inferops.rest.base import Request, show

Percent = Annotated[int, Field(ge=1, le=100)]
EXAMPLE = {
    "regionId": 18,
    "scale": {
        "min": 1,
        "max": 4,
        "cooldownPeriod": 300,
        "triggers": {
            "cpu": {"threshold": 92},
            "gpuMemory": {"threshold": 92},
            "gpuUtilization": {"threshold": 92},
            "memory": {"threshold": 92},
            "http": {"rate": 12, "window": 20},
        },
    },
}


class Utilization(Request):
    """Near this average, in percent."""

    threshold: Percent


class HttpRate(Request):
    """Requests in a window of seconds, for each replica; wakes an instance from zero."""

    rate: int = Field(ge=1, le=1000)
    window: int = Field(ge=1, le=3600)


class Concurrency(Request):
    """Requests in progress, for each replica; wakes an instance from zero."""

    target: int = Field(ge=1, le=10000)


class TokenRate(Request):
    """Tokens in a second, for each replica."""

    per_second: int = Field(ge=1, le=1_000_000)


class Queue(Request):
    """Requests that wait in an engine."""

    waiting: int = Field(ge=1, le=10000)


class Schedule(Request):
    """At least so many replicas between two times."""

    start: str = Field(max_length=100, examples=["0 8 * * mon-fri"], description="Five fields, as in cron.")
    end: str = Field(max_length=100, examples=["0 20 * * mon-fri"])
    timezone: str = Field(default="UTC", max_length=64, examples=["Europe/Berlin"])
    min: int = Field(ge=1, le=300)


class Triggers(Request):
    """What is watched; the largest answer counts. null and absent are the same."""

    cpu: Utilization | None = None
    memory: Utilization | None = None
    gpu_memory: Utilization | None = None
    gpu_utilization: Utilization | None = None
    http: HttpRate | None = None
    concurrency: Concurrency | None = None
    tokens: TokenRate | None = None
    queue: Queue | None = None
    schedules: list[Schedule] | None = Field(default=None, min_length=1, max_length=10)


class Scale(Request):
    """Replicas in one region."""

    min: int = Field(ge=0, le=300, description="0: sleeps when idle, wakes on a request.")
    max: int = Field(ge=1, le=300)
    cooldown_period: Annotated[int, Field(ge=1, le=3600)] | None = Field(
        default=None, description="Seconds between scaling actions; null: 60."
    )
    polling_interval: Annotated[int, Field(ge=1, le=3600)] | None = Field(
        default=None, description="Seconds between looks at the triggers; null: chosen for them."
    )
    triggers: Triggers | None = Field(default=None, description="null: cpu 80 and memory 80.")


class AutoScaling(Request):
    """One region that an instance runs in."""

    model_config = show(EXAMPLE)
    region_id: int = Field(ge=0, le=2147483647)
    scale: Scale

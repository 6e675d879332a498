"""What a registry answered -> the status of its Registry."""

from datetime import datetime
from typing import Literal, NamedTuple

from inferops.errors import SpecError
from inferops.names import Manifest
from inferops.plan.conditions import build_conditions, find_condition, no, timestamp, unknown, yes
from inferops.plan.inactive import inactive_fields, inactive_message

CHECK_SECONDS = {"Verified": 3600, "Unauthorized": 300, "NotFound": 300}
"""When a registry is asked again, by what it said; the network is tried again sooner."""
RETRY_SECONDS = 60


class Answer(NamedTuple):
    """What a registry answered."""

    reason: Literal["Verified", "Unauthorized", "NotFound", "Unreachable", "TLSFailed"]
    message: str
    digest: str | None = None


def build_registry_status(obj: Manifest, outcome: Answer | SpecError, now: datetime) -> Manifest:
    """The whole status of a Registry; `outcome` is the registry's answer, or why it could not be asked."""
    if isinstance(outcome, SpecError):
        return unasked_status(obj, outcome, now)
    inactive = inactive_fields(obj)
    accepted = (
        yes("Accepted", "SomeFieldsInactive", inactive_message(inactive))
        if inactive
        else yes("Accepted", "Accepted", "The spec is valid and its Secret exists.")
    )
    build = yes if outcome.reason == "Verified" else no
    status: Manifest = {
        "verified": outcome.reason,
        "lastChecked": timestamp(now),
        "observedGeneration": obj["metadata"].get("generation", 0),
        "conditions": build_conditions([accepted, build("Verified", outcome.reason, outcome.message)], obj, now),
    }
    if outcome.digest:
        status["digest"] = outcome.digest
    return status


def unasked_status(obj: Manifest, error: SpecError, now: datetime) -> Manifest:
    """A Registry that lacks something: the registry was not asked."""
    missing = no("Verified", error.reason, str(error))
    invalid = unknown("Verified", error.reason, "The registry is asked once condition Accepted is True.")
    verified = missing if error.reason in {"SecretNotFound", "KeyMissing"} else invalid
    return {
        "verified": error.reason,
        "observedGeneration": obj["metadata"].get("generation", 0),
        "conditions": build_conditions([no("Accepted", error.reason, str(error)), verified], obj, now),
    }


def seconds_to_check(obj: Manifest, now: datetime) -> float:
    """Seconds until the registry should be asked again; 0 where its status does not speak of this generation."""
    status, verified = obj.get("status") or {}, find_condition(obj, "Verified")
    checked = status.get("lastChecked")
    if not checked or not verified or status.get("observedGeneration") != obj["metadata"].get("generation", 0):
        return 0.0
    pause = CHECK_SECONDS.get(verified["reason"], RETRY_SECONDS)
    return max(0.0, pause - (now - datetime.fromisoformat(checked)).total_seconds())

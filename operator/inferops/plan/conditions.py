"""Kubernetes conditions (KEP-1623) and timestamps."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from inferops.names import Manifest

LONGEST_MESSAGE = 2000


class Verdict(NamedTuple):
    """What one condition says."""

    type: str
    status: Literal["True", "False", "Unknown"]
    reason: str
    message: str


def yes(kind: str, reason: str, message: str) -> Verdict:
    """The condition holds."""
    return Verdict(kind, "True", reason, message)


def no(kind: str, reason: str, message: str) -> Verdict:
    """The condition does not hold."""
    return Verdict(kind, "False", reason, message)


def unknown(kind: str, reason: str, message: str) -> Verdict:
    """Nobody can tell yet."""
    return Verdict(kind, "Unknown", reason, message)


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with whole seconds, as Kubernetes writes times."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def last_seen(event: Manifest) -> str:
    """When an Event happened last, to the second (core/v1 has three places for that); empty where it does not say."""
    series = event.get("series") or {}
    moment = series.get("lastObservedTime") or event.get("lastTimestamp") or event.get("eventTime") or ""
    return f"{moment[:19]}Z" if moment else ""


def find_condition(obj: Manifest | None, kind: str) -> Manifest | None:
    """The condition of that type in an object's status."""
    conditions: list[Manifest] = ((obj or {}).get("status") or {}).get("conditions") or []
    return next((condition for condition in conditions if condition.get("type") == kind), None)


def build_conditions(verdicts: Iterable[Verdict], obj: Manifest, now: datetime) -> list[Manifest]:
    """The conditions of an object's status; lastTransitionTime moves only where a status flips."""
    return [build_condition(verdict, obj, now) for verdict in verdicts]


def build_condition(verdict: Verdict, obj: Manifest, now: datetime) -> Manifest:
    """One condition."""
    previous = find_condition(obj, verdict.type)
    unchanged = previous is not None and previous["status"] == verdict.status
    since = previous["lastTransitionTime"] if previous and unchanged else timestamp(now)
    return {
        "type": verdict.type,
        "status": verdict.status,
        "reason": verdict.reason,
        "message": verdict.message[:LONGEST_MESSAGE],
        "lastTransitionTime": since,
        "observedGeneration": obj["metadata"].get("generation", 0),
    }

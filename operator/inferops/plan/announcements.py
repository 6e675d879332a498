"""Which changes of an object's conditions its user wants to find among its events (`kubectl describe`)."""

from typing import Literal, NamedTuple

from inferops.names import Manifest
from inferops.plan.conditions import find_condition

MILESTONES = {
    *("Accepted", "Available", "Scalable", "Routable", "Verified", "Runnable", "Ready"),
    *("WithinLimits", "WithinBudget"),
}
"""Conditions that are news when they become True again; the event's reason is their name."""
WARNED_OF = {"BudgetNearlySpent", "NoPrices"}
"""Reasons that are news though the condition is not False."""
ASKED_FOR = {"ScaledToZero", "Stopped", "Disabled"}
"""Reasons why a condition is False that are what the user wanted."""
PASSING = {
    *("Starting", "Loading", "Initializing", "PullingImage", "NotReady", "RollingOut"),
    *("WaitingForRoom", "WaitingForNode", "WaitingForVolume", "SchedulingGated", "NoCapacity"),
}
"""Reasons that every start goes through, or that thousands share: no news."""


class Announcement(NamedTuple):
    """One event."""

    type: Literal["Normal", "Warning"]
    reason: str
    message: str


def plan_announcements(obj: Manifest, status: Manifest) -> list[Announcement]:
    """What `status` says that the status of `obj` did not; the same reason is told once. A new object tells only what
    is wrong with it.
    """
    told: dict[str, Announcement] = {}
    for condition in status["conditions"]:
        before = find_condition(obj, condition["type"])
        if before and (before["status"], before["reason"]) == (condition["status"], condition["reason"]):
            continue
        if found := announce(condition, before):
            told.setdefault(found.reason, found)
    if "Available" in told:
        told.pop("RolledOut", None)
    return list(told.values())


def announce(condition: Manifest, before: Manifest | None) -> Announcement | None:
    """The event about one condition that has changed."""
    kind, reason, message = condition["type"], condition["reason"], condition["message"]
    was = before["status"] if before else None
    if condition["status"] == "False" and reason == "Settled":
        return Announcement("Normal", "RolledOut", message) if was == "True" else None
    if condition["status"] == "False" and reason in ASKED_FOR:
        return Announcement("Normal", reason, message) if kind == "Available" and before else None
    if reason in WARNED_OF or (condition["status"] == "False" and reason not in PASSING):
        return Announcement("Warning", reason, message)
    if condition["status"] == "True" and kind in MILESTONES and was not in (None, "True"):
        if kind in {"Scalable", "Routable"} and before and before["reason"] in {*ASKED_FOR, "Waiting", "NoCapacity"}:
            return None
        return Announcement("Normal", kind, message)
    return None

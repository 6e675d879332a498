"""The one thing to know about an instance that is not as its user wants it: what `kubectl get` shows."""

from inferops.names import Manifest

ORDER = ("Accepted", "Available", "Progressing", "Routable", "Scalable")
HARMLESS = {"ScaledToZero", "Stopped", "Settled"}
"""Reasons why a condition is False that are what the user asked for."""


def gravest(conditions: list[Manifest]) -> Manifest:
    """Reason and message of the condition that matters most; empty where all is as it should be. What is wrong comes
    first, then why no replica answers, then what still goes on.
    """
    ordered = sorted(conditions, key=lambda condition: ORDER.index(condition["type"]))
    wrong = [each for each in ordered if each["status"] == "False" and each["reason"] not in HARMLESS]
    asleep = [each for each in ordered if each["type"] == "Available" and each["status"] == "False"]
    moving = [each for each in ordered if each["type"] == "Progressing" and each["status"] == "True"]
    found = next(iter([*wrong, *asleep, *moving]), None)
    return {"reason": found["reason"], "message": found["message"]} if found else {}

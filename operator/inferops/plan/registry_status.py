"""What a registry answered -> the status of its Registry, and when it is asked again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from inferops.errors import SpecError
from inferops.names import Manifest, hash8
from inferops.plan.conditions import Verdict, build_conditions, find_condition, no, timestamp, unknown, yes
from inferops.plan.images import parse_image
from inferops.plan.platforms import judge_runnable

Reason = Literal["Verified", "Unauthorized", "NotFound", "RateLimited", "Unreachable", "TLSFailed"]
HOUR = 3600
PAUSES: dict[str, tuple[float, float]] = {
    "Verified": (HOUR, HOUR),
    "Unauthorized": (300, 1800),  # many registries lock an account after some wrong passwords
    "NotFound": (60, 600),
    "RateLimited": (60, HOUR),
}
"""Seconds until a registry is asked again by what it said: at first, and once it has said so for long."""
OTHER_PAUSES = (60, 600)
REMEMBERED = ("digest", "platforms")
"""What stays true of an image while its registry cannot tell."""


class Answer(NamedTuple):
    """What a registry answered."""

    reason: Reason
    message: str
    digest: str | None = None
    platforms: tuple[str, ...] = ()
    retry_after: float | None = None
    """Seconds that the registry wants to be left alone."""
    of_host: bool = False
    """It would have answered any other question like that."""


def build_registry_status(
    obj: Manifest, outcome: Answer | SpecError, nodes: Sequence[str], secret_version: str, now: datetime
) -> Manifest:
    """The whole status of a Registry; `outcome` is the registry's answer, or why it could not be asked. `nodes` is the
    platform of each node, `secret_version` that of the Secret with the credentials.
    """
    if isinstance(outcome, SpecError):
        return unasked_status(obj, outcome, now)
    accepted = yes("Accepted", "Accepted", "The spec is valid and its Secret exists.")
    image = describe_image(obj, outcome)
    verdicts = [accepted, judge_verified(outcome)]
    if parse_image(obj["spec"]["url"]).repository:
        verdicts.append(judge_runnable(image.get("platforms", ()), nodes))
    status = {
        "verified": outcome.reason,
        **image,
        "lastChecked": timestamp(now),
        "secretVersion": secret_version,
        "observedGeneration": obj["metadata"].get("generation", 0),
        "conditions": build_conditions(verdicts, obj, now),
    }
    return {field: value for field, value in status.items() if value != ""}


def describe_image(obj: Manifest, answer: Answer) -> Manifest:
    """Digest and platforms of the image, as the registry said now or before."""
    status = obj.get("status") or {}
    if answer.reason in {"Unreachable", "RateLimited"} and is_current(obj):
        return {field: status[field] for field in REMEMBERED if field in status}
    found = {"digest": answer.digest, "platforms": list(answer.platforms)}
    return {field: value for field, value in found.items() if value}


def judge_verified(answer: Answer) -> Verdict:
    """Whether pods can pull. A registry that puts us off has not said no."""
    build = {"Verified": yes, "RateLimited": unknown}.get(answer.reason, no)
    return build("Verified", answer.reason, answer.message)


def unasked_status(obj: Manifest, error: SpecError, now: datetime) -> Manifest:
    """A Registry that lacks something: the registry was not asked."""
    missing = no("Verified", error.reason, str(error))
    invalid = unknown("Verified", error.reason, "The registry is asked once condition Accepted is True.")
    verified = missing if error.reason in {"SecretNotFound", "KeyMissing", "InvalidSecret"} else invalid
    return {
        "verified": error.reason,
        "observedGeneration": obj["metadata"].get("generation", 0),
        "conditions": build_conditions([no("Accepted", error.reason, str(error)), verified], obj, now),
    }


def is_current(obj: Manifest) -> bool:
    """Whether the status speaks of this generation."""
    return bool((obj.get("status") or {}).get("observedGeneration") == obj["metadata"].get("generation", 0))


def is_answered(obj: Manifest, secret_version: str) -> bool:
    """Whether the registry was asked about this very spec, with these credentials."""
    status = obj.get("status") or {}
    same_secret = status.get("secretVersion", "") == secret_version
    return is_current(obj) and same_secret and "lastChecked" in status and find_condition(obj, "Verified") is not None


def seconds_to_check(obj: Manifest, now: datetime) -> float:
    """Seconds until a registry that answered should be asked again. The pause doubles while it does not say yes, and
    differs by a tenth between Registries, so that those made together are not asked together.
    """
    status, verified = obj["status"], find_condition(obj, "Verified") or {}
    checked = datetime.fromisoformat(status["lastChecked"])
    lasted = (checked - datetime.fromisoformat(verified["lastTransitionTime"])).total_seconds()
    first, longest = PAUSES.get(verified["reason"], OTHER_PAUSES)
    pause = min(max(first, lasted), longest) * spread(obj["metadata"].get("uid", ""))
    return max(0.0, pause - (now - checked).total_seconds())


def spread(uid: str) -> float:
    """0.9 to 1.1, always the same for the same object."""
    return 0.9 + 0.2 * int(hash8(uid), 16) / 0xFFFFFFFF

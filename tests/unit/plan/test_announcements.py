"""Which changes of a status become events, and what `kubectl get` shows of one."""

import pytest

from inferops.names import Manifest
from inferops.plan.announcements import plan_announcements
from inferops.plan.status import gravest

SLEEPING = {
    "Accepted": "True Accepted",
    "Progressing": "False ScaledToZero",
    "Available": "False ScaledToZero",
    "Scalable": "True KedaReady",
    "Routable": "True KeysReady",
}
NEW = SLEEPING | {"Scalable": "Unknown Waiting"}
LOADING = SLEEPING | {"Available": "False Loading", "Progressing": "True Loading"}
ACTIVE = SLEEPING | {"Available": "True ReplicasAnswer", "Progressing": "False Settled"}
ROLLING = ACTIVE | {"Progressing": "True RollingOut"}
BROKEN = SLEEPING | {"Available": "False ImagePullBackOff", "Progressing": "False ImagePullBackOff"}
PARTLY = ACTIVE | {"Progressing": "False CrashLoopBackOff"}
STOPPED = SLEEPING | {
    "Progressing": "False Stopped",
    "Available": "False Stopped",
    "Scalable": "False Stopped",
    "Routable": "False Stopped",
}
REFUSED = ACTIVE | {"Accepted": "False ModelNotFound", "Progressing": "False ModelNotFound"}
KEYLESS = ACTIVE | {"Routable": "False NoApiKeys"}
UNSCALED = ACTIVE | {"Scalable": "False KedaNotInstalled"}


def conditions(world: dict[str, str]) -> list[Manifest]:
    split = {kind: text.split(" ") for kind, text in world.items()}
    return [{"type": kind, "status": s, "reason": r, "message": f"{r}!"} for kind, (s, r) in split.items()]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({}, NEW, []),
        ({}, BROKEN, ["Warning ImagePullBackOff"]),
        ({}, UNSCALED, ["Warning KedaNotInstalled"]),
        (NEW, SLEEPING, []),
        (SLEEPING, SLEEPING, []),
        (SLEEPING, LOADING, []),
        (LOADING, ACTIVE, ["Normal Available"]),
        (ACTIVE, ROLLING, []),
        (ROLLING, ACTIVE, ["Normal RolledOut"]),
        (ACTIVE, SLEEPING, ["Normal ScaledToZero"]),
        (ACTIVE, PARTLY, ["Warning CrashLoopBackOff"]),
        (ACTIVE, BROKEN, ["Warning ImagePullBackOff"]),
        (BROKEN, BROKEN, []),
        (BROKEN, ACTIVE, ["Normal Available"]),
        (ACTIVE, STOPPED, ["Normal Stopped"]),
        (STOPPED, SLEEPING, ["Normal ScaledToZero"]),
        (ACTIVE, REFUSED, ["Warning ModelNotFound"]),
        (REFUSED, ACTIVE, ["Normal Accepted"]),
        (ACTIVE, KEYLESS, ["Warning NoApiKeys"]),
        (KEYLESS, ACTIVE, ["Normal Routable"]),
        (ACTIVE, UNSCALED, ["Warning KedaNotInstalled"]),
        (UNSCALED, ACTIVE, ["Normal Scalable"]),
    ],
)
def test_a_change_of_reason_is_told_once(before: dict[str, str], after: dict[str, str], told: list[str]) -> None:
    obj = {"status": {"conditions": conditions(before)}}
    announcements = plan_announcements(obj, {"conditions": conditions(after)})
    assert [f"{each.type} {each.reason}" for each in announcements] == told


@pytest.mark.parametrize(
    ("world", "reason"),
    [
        (ACTIVE, None),
        (SLEEPING, "ScaledToZero"),
        (STOPPED, "Stopped"),
        (LOADING, "Loading"),
        (ROLLING, "RollingOut"),
        (BROKEN, "ImagePullBackOff"),
        (PARTLY, "CrashLoopBackOff"),
        (REFUSED, "ModelNotFound"),
        (KEYLESS, "NoApiKeys"),
        (UNSCALED, "KedaNotInstalled"),
        (SLEEPING | {"Routable": "False ApiKeyExpired"}, "ApiKeyExpired"),
        (BROKEN | {"Scalable": "False KedaNotInstalled"}, "ImagePullBackOff"),
        (STOPPED | {"Accepted": "False ModelNotFound"}, "ModelNotFound"),
    ],
)
def test_the_gravest_condition_speaks(world: dict[str, str], reason: str | None) -> None:
    assert gravest(conditions(world)).get("reason") == reason

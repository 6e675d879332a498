"""What a registry's answer becomes: a status, a time to ask again, and a sentence of the instances."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inferops.names import Manifest
from inferops.plan.regions import registry_problem
from inferops.plan.registry_status import Answer, build_registry_status, is_answered, seconds_to_check
from inferops.plan.types import InstanceInputs

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
DIGEST, PLATFORMS = f"sha256:{'0' * 64}", ("linux/arm64",)
FINE = Answer("Verified", "fine", DIGEST, PLATFORMS)
DEAD = Answer("Unreachable", "dead", of_host=True)


def registry(**meta: Any) -> Manifest:
    return {"metadata": {"name": "private", "uid": "1", "generation": 1, **meta}, "kind": "Registry"} | {
        "spec": {"url": "ghcr.io/acme/app:1"}
    }


def answered(obj: Manifest, answer: Answer, now: datetime = NOON) -> Manifest:
    return {**obj, "status": build_registry_status(obj, answer, ["linux/amd64"], "7", now)}


def test_what_is_known_of_an_image_stays_while_its_registry_is_away() -> None:
    status = answered(answered(registry(), FINE), DEAD)["status"]
    assert (status["verified"], status["digest"], status["platforms"]) == ("Unreachable", DIGEST, ["linux/arm64"])
    other = {**answered(registry(), FINE), "metadata": {**registry()["metadata"], "generation": 2}}
    assert "digest" not in answered(other, DEAD)["status"], "it may be another image"


def test_an_answer_counts_for_its_generation_and_its_secret() -> None:
    obj = answered(registry(), FINE)
    assert is_answered(obj, "7")
    assert not is_answered(obj, "8")
    assert not is_answered({**obj, "metadata": {**obj["metadata"], "generation": 2}}, "7")
    assert not is_answered(registry(), "")


def test_the_pause_doubles_up_to_its_limit_and_starts_anew_after_a_yes() -> None:
    obj, now, pauses = registry(), NOON, []
    for _ in range(8):
        obj = answered(obj, DEAD, now)
        pauses.append(seconds_to_check(obj, now))
        now += timedelta(seconds=pauses[-1] + 1)
    assert 54 <= pauses[0] <= 66
    assert pauses[4] > 3 * pauses[1]
    assert 540 <= pauses[-1] <= 660
    assert seconds_to_check(answered(answered(obj, FINE, now), DEAD, now), now) == pytest.approx(pauses[0], rel=0.1)


def test_registries_that_were_made_together_are_not_asked_together() -> None:
    pauses = {round(seconds_to_check(answered(registry(uid=str(number)), FINE), NOON)) for number in range(1000)}
    assert min(pauses) >= 3240
    assert max(pauses) <= 3960
    assert len(pauses) > 500


@pytest.mark.parametrize(
    ("spec", "reason"),
    [({}, "RegistryNoNodeFits"), ({"image": "ghcr.io/acme/other:1"}, None), ({"model": "tiny"}, None)],
)
def test_an_image_for_other_machines_is_blamed_where_it_is_the_registrys(spec: Manifest, reason: str | None) -> None:
    obj = {"metadata": {"name": "chat", "namespace": "team"}, "spec": {"registry": "private", **spec}}
    problem = registry_problem(InstanceInputs(obj, {("Registry", "private"): answered(registry(), FINE)}, {}))
    assert (problem and problem.reason) == reason

"""Condition Scalable without KEDA, and while KEDA leaves."""

from dataclasses import replace

import pytest

from inferops.plan.instance import plan_instance
from inferops.plan.types import InstanceInputs, Observed, Replicas
from inferops.plan.verdicts import judge_scalable
from inferops.settings import Settings
from tests.unit.plan.test_status import CATALOG, instance

INPUTS = InstanceInputs(obj=instance(), named=CATALOG, known={}, keda=False)


def judge(inputs: InstanceInputs, *, lasted: bool = False) -> tuple[str, str, str]:
    verdict = judge_scalable(inputs, plan_instance(inputs, Settings()), Observed(scaler_unready=lasted), [])
    return verdict.status, verdict.reason, verdict.message


def test_without_keda_it_says_what_becomes_of_the_replicas() -> None:
    status, reason, message = judge(INPUTS)
    assert (status, reason) == ("False", "KedaNotInstalled")
    assert "the replicas stay as they are" in message


def test_a_scaled_object_that_keda_does_not_let_go_is_told_once_it_has_lasted() -> None:
    leaving = replace(INPUTS, keda_leaving="chat-1-eu")
    assert judge(leaving)[:2] == ("Unknown", "Waiting")
    status, reason, message = judge(leaving, lasted=True)
    assert (status, reason) == ("False", "KedaLeaving")
    assert message.endswith(
        """kubectl patch scaledobject -n team chat-1-eu --type merge -p '{"metadata":{"finalizers":null}}'"""
    )


@pytest.mark.parametrize(
    ("least", "stopped", "expected"),
    [
        (0, False, Replicas(1, 1, 0)),
        (2, False, Replicas(2, 2, 2)),
        (0, True, Replicas(0, 0)),
        (2, True, Replicas(0, 0)),
    ],
)
def test_without_keda_replicas_are(least: int, stopped: bool, expected: Replicas) -> None:
    scale = {"min": least, "max": 3, "triggers": {"http": {"rate": 1, "window": 1}}}
    obj = instance(stopped=stopped, regions=[{"region": "eu", "scale": scale}])
    plan = plan_instance(replace(INPUTS, obj=obj), Settings())
    assert list(plan.replicas.values()) == [expected]

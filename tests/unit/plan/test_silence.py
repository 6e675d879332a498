"""What condition Scalable says of triggers that see nothing."""

from typing import Any

import pytest

from inferops.names import Manifest
from inferops.plan.silence import judge_metrics
from inferops.plan.types import InstanceInputs, Observed

FAILING: Manifest = {
    "type": "HPAActive",
    "status": "False",
    "reason": "FailedGetResourceMetric",
    "message": "HPA is not actively scaling: no metrics.",
}


def observed(condition: Manifest = FAILING, *, ready: int = 1, lasting: bool = True) -> Observed:
    return Observed(
        deployments={"chat": {"status": {"readyReplicas": ready}}},
        scaled_objects={"chat": {"status": {"conditions": [condition]}}},
        scaler_unready=lasting,
    )


@pytest.mark.parametrize(
    ("status", "seen", "says"),
    [
        ({}, Observed(), None),
        (
            {"metricsProblem": "queue: no replica answers."},
            Observed(),
            "the others still act. queue: no replica answers.",
        ),
        ({}, observed(), "no metrics"),
        ({}, observed(lasting=False), None),
        ({}, observed(ready=0), None),
        ({}, observed(FAILING | {"status": "True"}), None),
    ],
    ids=[
        "all is well",
        "control sees nothing",
        "the autoscaler fails",
        "only just",
        "the first pod starts",
        "it works",
    ],
)
def test_scalable_says_which_triggers_see_nothing(status: Manifest, seen: Observed, says: Any) -> None:
    verdict = judge_metrics(InstanceInputs({"status": status}, {}, {}), seen)
    assert (verdict is None) == (says is None)
    if verdict:
        assert (verdict.status, verdict.reason) == ("False", "MetricsMissing")
        assert says in verdict.message

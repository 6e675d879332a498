"""The first status of an instance waits a moment for KEDA, and for nothing else."""

from datetime import UTC, datetime, timedelta

import pytest

from inferops.names import Manifest
from inferops.reconcile.instance import is_untaken

CREATED = datetime(2026, 1, 1, 12, tzinfo=UTC)
WAITING = {"conditions": [{"type": "Scalable", "status": "Unknown", "reason": "Waiting"}]}
TAKEN_UP = {"conditions": [{"type": "Scalable", "status": "True", "reason": "KedaReady"}]}


@pytest.mark.parametrize(
    ("before", "status", "age", "held"),
    [
        pytest.param({}, WAITING, 1, True, id="a new instance, before KEDA's first word"),
        pytest.param({"phase": "NEW"}, WAITING, 1, True, id="the default of the phase is no status"),
        pytest.param({}, TAKEN_UP, 1, False, id="KEDA has taken it up"),
        pytest.param(WAITING, WAITING, 1, False, id="it has a status already"),
        pytest.param({}, WAITING, 10, False, id="an instance that is not young"),
        pytest.param({}, {"conditions": []}, 1, False, id="a cluster without KEDA says so at once"),
    ],
)
def test_a_first_status_is_held_back(before: Manifest, status: Manifest, age: int, held: bool) -> None:
    obj = {"metadata": {"creationTimestamp": "2026-01-01T12:00:00Z"}, "status": before}
    assert is_untaken(obj, status, CREATED + timedelta(seconds=age)) is held

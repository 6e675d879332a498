"""What is written into the Lease."""

from datetime import UTC, datetime

from inferops.cluster.lease import LEASE_SECONDS, plan_lease

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
STAMP = "2026-01-02T03:04:05.000000Z"


def test_a_new_lease_has_no_transition() -> None:
    spec = plan_lease({"metadata": {}}, "me", NOW)["spec"]
    assert spec == {
        "holderIdentity": "me",
        "leaseDurationSeconds": LEASE_SECONDS,
        "acquireTime": STAMP,
        "renewTime": STAMP,
        "leaseTransitions": 0,
    }


def test_renewing_keeps_when_it_was_acquired() -> None:
    live = {"metadata": {}, "spec": {"holderIdentity": "me", "acquireTime": "before", "leaseTransitions": 3}}
    spec = plan_lease(live, "me", NOW)["spec"]
    assert (spec["acquireTime"], spec["renewTime"], spec["leaseTransitions"]) == ("before", STAMP, 3)


def test_taking_over_counts_as_a_transition() -> None:
    live = {"metadata": {}, "spec": {"holderIdentity": "", "acquireTime": "before", "leaseTransitions": 3}}
    spec = plan_lease(live, "me", NOW)["spec"]
    assert (spec["holderIdentity"], spec["acquireTime"], spec["leaseTransitions"]) == ("me", STAMP, 4)

"""PURE: waiting for an instance to come to a status, as a script."""

from collections.abc import Callable, Collection

from inferops.client.call import Call, one, path_of
from inferops.client.errors import NotReached
from inferops.client.exchange import Pause, Script
from inferops.rest.instances import InstanceDetail

SERVES = frozenset({"ACTIVE", "PENDING"})
"""Answers requests: at once, or after it woke up."""
INTERVAL = 1.0


def wait_for_instance(
    id: str,  # noqa: A002 - its name in the API
    *,
    until: Collection[str] = SERVES,
    timeout: float = 600,
    on_change: Callable[[InstanceDetail], None] = lambda _: None,
) -> Script[InstanceDetail]:
    """Asks every second until the status is one of `until`. Raises NotReached after `timeout` seconds, and
    where the spec is wrong (ERROR). `on_change` sees every detail that differs from the one before.
    """
    call = Call("GET", path_of("instances", id), one(InstanceDetail), repeatable=True)
    end = (yield Pause()) + timeout
    seen: InstanceDetail | None = None
    while True:
        detail: InstanceDetail = yield call
        if detail != seen:
            on_change(detail)
            seen = detail
        if detail.status in until:
            return detail
        now = yield Pause(INTERVAL)
        if detail.status == "ERROR" or now > end:
            raise NotReached(describe(detail, until, timeout))


def describe(detail: InstanceDetail, until: Collection[str], timeout: float) -> str:
    """What stands in the way."""
    why = f": {detail.message}" if detail.message else ""
    if detail.status == "ERROR":
        return f"{detail.id} is ERROR{why}"
    return f"{detail.id} is {detail.status}, not {' or '.join(sorted(until))}, after {timeout:.0f} s{why}"

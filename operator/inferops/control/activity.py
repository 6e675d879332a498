"""What every instance is doing: requests that wait, run and ended. Fed by the gateways' load reports and by the
activator; asked by the scaler. Times are seconds of a monotonic clock, given by the caller.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

REPORT_AGE = 10
"""Seconds after which a gateway's silence counts."""
GRACE = 30
"""Seconds after the start in which every connected gateway must have reported."""
LONGEST_WINDOW = 3600
"""Seconds for which requests are remembered: the longest `window` of the http trigger."""


@dataclass
class InstanceActivity:
    """One instance."""

    held: int = 0
    """Requests that wait for control's word."""
    refused: set[str] = field(default_factory=set)
    """Gateways in which requests wait by themselves, because control was away when they came."""
    running: dict[str, int] = field(default_factory=dict)
    """By gateway: requests in progress."""
    issued: dict[str, deque[tuple[float, int]]] = field(default_factory=lambda: defaultdict(deque))
    """By region: when how many requests began."""
    last_end: float = float("-inf")
    """When it last did something."""
    waiting_since: float = float("inf")

    @property
    def waiting(self) -> int:
        """Requests that wait for a replica, as far as they can be counted."""
        return max(self.held, len(self.refused))

    @property
    def busy(self) -> bool:
        """Something waits or runs."""
        return self.waiting > 0 or bool(self.running)


@dataclass(frozen=True)
class Load:
    """What a gateway reports of an instance since its last report."""

    issued: Mapping[str, int]
    """By region: requests that began."""
    running: int
    """Requests in progress."""
    refused: bool
    """Whether requests tried to reach it while it had no replica."""


def forget_before(time: float, events: deque[tuple[float, int]]) -> None:
    """Drop what is older."""
    while events and events[0][0] < time:
        events.popleft()


class Activity:
    """All instances, by id."""

    def __init__(self, started: float) -> None:
        self.started = started
        self.gateways: dict[str, float] = {}
        """When each connected gateway reported last."""
        self._instances: dict[str, InstanceActivity] = {}
        self._listeners: list[Callable[[str], None]] = []

    def on_demand(self, listener: Callable[[str], None]) -> None:
        """Be told of each instance whose requests begin to wait."""
        self._listeners.append(listener)

    def known(self, connected: int, now: float) -> bool:
        """Whether this is the truth: before the gateways have reported, an instance that seems idle may be busy.
        `connected`: how many gateways have a connection to control.
        """
        reporting = sum(now - time < REPORT_AGE for time in self.gateways.values())
        return reporting > 0 and (reporting >= connected or now - self.started > GRACE)

    def of(self, instance: str) -> InstanceActivity:
        """One instance's activity."""
        return self._instances.setdefault(instance, InstanceActivity())

    def assume_busy_until_now(self, instance: str, now: float) -> None:
        """An instance with replicas, of which nothing is known yet, counts its idle time from now on."""
        known = self.of(instance)
        known.last_end = max(known.last_end, now)

    def waiting(self) -> dict[str, float]:
        """Instances whose requests wait for a replica, and since when."""
        return {instance: known.waiting_since for instance, known in self._instances.items() if known.waiting}

    def busy(self, instance: str) -> bool:
        """Whether something waits or runs."""
        known = self._instances.get(instance)
        return known is not None and known.busy

    def hold(self, instance: str, now: float) -> None:
        """A request began to wait."""
        with self._change(instance, now) as known:
            known.held += 1

    def release(self, instance: str, now: float) -> None:
        """A request waits no longer."""
        with self._change(instance, now) as known:
            known.held -= 1

    def report(self, gateway: str, instance: str, load: Load, now: float) -> None:
        """Take a gateway's report."""
        began = any(load.issued.values())
        known = self._instances.get(instance)
        if not (began or load.running or load.refused) and (known is None or not known.busy):
            return
        with self._change(instance, now, event=began) as known:
            for region, count in load.issued.items():
                if count:
                    known.issued[region].append((now, count))
                    forget_before(now - LONGEST_WINDOW, known.issued[region])
            if load.running:
                known.running[gateway] = load.running
            else:
                known.running.pop(gateway, None)
            (known.refused.add if load.refused else known.refused.discard)(gateway)

    def forget_gateway(self, gateway: str, now: float) -> None:
        """A gateway is gone, or will connect again: its open requests are not ours to count."""
        self.gateways.pop(gateway, None)
        for instance in list(self._instances):
            with self._change(instance, now) as known:
                known.running.pop(gateway, None)
                known.refused.discard(gateway)

    def forget(self, instance: str) -> None:
        """The instance is gone."""
        self._instances.pop(instance, None)

    def requests(self, instance: str, region: str | None, window: float, now: float) -> int:
        """Requests that began within the last `window` seconds, in one region or in all."""
        issued = self.of(instance).issued
        regions = issued.values() if region is None else [issued[region]]
        return sum(count for events in regions for time, count in events if time > now - window)

    def active(self, instance: str, lifetime: float, now: float) -> bool:
        """Whether something waits, runs, or ended less than `lifetime` seconds ago."""
        known = self._instances.get(instance)
        return known is not None and (known.busy or now - known.last_end < lifetime)

    @contextmanager
    def _change(self, instance: str, now: float, *, event: bool = False) -> Iterator[InstanceActivity]:
        """Draw the conclusions from a change; `event`: something happened even if nothing goes on now."""
        known = self.of(instance)
        was_busy, was_waiting = known.busy, known.waiting > 0
        yield known
        if was_busy or known.busy or event:
            known.last_end = now
        if known.waiting and not was_waiting:
            known.waiting_since = now
            for listener in self._listeners:
                listener(instance)

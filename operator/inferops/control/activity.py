"""What every instance is doing: requests that wait, run and ended. Fed by the gateways' load reports and by the
activator; asked by the scaler. Times are seconds of a monotonic clock, given by the caller.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Mapping
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
    running: dict[str, int] = field(default_factory=dict)
    """By gateway: requests in progress."""
    issued: dict[str, deque[tuple[float, int]]] = field(default_factory=lambda: defaultdict(deque))
    """By region: when how many requests began."""
    last_end: float = float("-inf")
    """When it last did something."""

    @property
    def busy(self) -> bool:
        """Something waits or runs."""
        return self.held > 0 or bool(self.running)


class Activity:
    """All instances, by id. `on_demand` hears the id of each instance that begins to be busy."""

    def __init__(self, started: float) -> None:
        self.started = started
        self.gateways: dict[str, float] = {}
        """When each connected gateway reported last."""
        self._instances: dict[str, InstanceActivity] = {}
        self._listeners: list[Callable[[str], None]] = []

    def on_demand(self, listener: Callable[[str], None]) -> None:
        """Be told of each instance that begins to be busy."""
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

    def hold(self, instance: str, now: float) -> None:
        """A request began to wait."""
        self._begin(instance, now).held += 1

    def release(self, instance: str, now: float) -> None:
        """A request waits no longer."""
        known = self.of(instance)
        known.held -= 1
        known.last_end = now

    def report(self, gateway: str, instance: str, issued: Mapping[str, int], running: int, now: float) -> None:
        """A gateway's report of an instance: by region the requests issued since its last report, and those in
        progress.
        """
        began = any(issued.values())
        known = self._instances.get(instance)
        if known is None and not (began or running):
            return
        known = self._begin(instance, now) if began or running else self.of(instance)
        for region, count in issued.items():
            if count:
                known.issued[region].append((now, count))
        if running:
            known.running[gateway] = running
        elif known.running.pop(gateway, None):
            known.last_end = now

    def forget_gateway(self, gateway: str, now: float) -> None:
        """A gateway is gone, or will connect again: its open requests are not ours to count."""
        self.gateways.pop(gateway, None)
        for known in self._instances.values():
            if known.running.pop(gateway, None):
                known.last_end = now

    def forget(self, instance: str) -> None:
        """The instance is gone."""
        self._instances.pop(instance, None)

    def requests(self, instance: str, region: str | None, window: float, now: float) -> int:
        """Requests that began within the last `window` seconds, in one region or in all."""
        issued = self.of(instance).issued
        regions = issued.values() if region is None else [issued[region]]
        for events in regions:
            while events and events[0][0] < now - LONGEST_WINDOW:
                events.popleft()
        return sum(count for events in regions for time, count in events if time > now - window)

    def active(self, instance: str, lifetime: float, now: float) -> bool:
        """Whether something waits, runs, or ended less than `lifetime` seconds ago."""
        known = self._instances.get(instance)
        return known is not None and (known.busy or now - known.last_end < lifetime)

    def _begin(self, instance: str, now: float) -> InstanceActivity:
        known = self.of(instance)
        was_busy = known.busy
        known.last_end = now
        if not was_busy:
            for listener in self._listeners:
                listener(instance)
        return known

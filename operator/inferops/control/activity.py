"""What every instance is doing: requests that wait, run and ended, pods that start. Fed by the gateways' load reports
(load.py), the activator and the routes; asked by the scaler. Times are seconds of a monotonic clock, given by the
caller.

Idle time is time in which somebody watched: while no gateway reports, requests may come and go unseen, so that the
clocks of all instances stand still.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from inferops.control.levels import Level
from inferops.plan.probes import STARTUP_SECONDS

REPORT_AGE = 10
"""Seconds after which a gateway's silence counts."""
GRACE = 30
"""Seconds after the start in which every connected gateway must have reported."""
LONGEST_WINDOW = 3600
"""Seconds for which requests are remembered: the longest `window` of the http trigger."""
FIRST_REPORT = 6.0
"""Seconds that a new gateway may serve before its first report, which does not tell of them: Envoy tries every five to
connect for reports."""
SLACK = 1.5
"""Seconds between the last word to one control and the first to the next that are no gap."""
NEVER = float("-inf")


@dataclass(frozen=True, slots=True)
class Burst:
    """Requests that began between two reports of a gateway."""

    begin: float
    end: float
    count: int

    def after(self, time: float) -> float:
        """How many of them began after that moment, if they came evenly."""
        if time <= self.begin:
            return self.count
        return self.count * max(self.end - time, 0) / (self.end - self.begin)


@dataclass
class InstanceActivity:
    """One instance."""

    held: int = 0
    """Requests that wait for control's word."""
    refused: set[str] = field(default_factory=set)
    """Gateways in which requests wait by themselves, because control was away when they came."""
    running: dict[str, Mapping[str, int]] = field(default_factory=dict)
    """By gateway and region: requests in progress."""
    issued: dict[tuple[str, str], deque[Burst]] = field(default_factory=lambda: defaultdict(deque))
    """By gateway and region: requests that began."""
    levels: dict[str, Level] = field(default_factory=lambda: defaultdict(Level))
    """By region: requests in progress, lately."""
    last_end: float = NEVER
    """When it last did something."""
    waiting_since: float = float("inf")
    starting_since: float | None = None
    """Since when it has pods of which none was ready yet."""
    started: bool = False
    """One of the pods that it has was ready."""
    asked: bool = False
    """Requests came since it slept."""
    restarted: float = NEVER
    """When it ran again after a stop."""

    def outlived(self, begin: float) -> bool:
        """Whether a report that begins at `begin` is of a life before the stop: of requests from before the start, or
        those that pods finish while they end. Whoever asked since then waits.
        """
        return self.restarted > NEVER and (begin < self.restarted or not self.started)

    @property
    def waiting(self) -> int:
        """Requests that wait for a replica, as far as they can be counted."""
        return max(self.held, len(self.refused))

    def note_levels(self, now: float) -> None:
        """Requests in progress are as many as `running` says from now on."""
        totals = Counter[str]()
        for regions in self.running.values():
            totals.update(regions)
        for region in self.levels.keys() | totals.keys():
            self.levels[region].note(totals[region], now)

    @property
    def busy(self) -> bool:
        """Something waits or runs."""
        return self.waiting > 0 or bool(self.running)


@dataclass(frozen=True)
class Load:
    """What a gateway reports of an instance since its last report."""

    issued: Mapping[str, int]
    """By region: requests that began."""
    running: Mapping[str, int]
    """By region: requests in progress, where there are any."""
    refused: bool
    """Whether requests tried to reach it while it had no replica."""
    seconds: float = 1.0
    """How long ago the last report was."""


class Activity:
    """All instances, by id."""

    def __init__(self, started: float) -> None:
        self.started = started
        self.gateways: dict[str, float] = {}
        """When each connected gateway reported last."""
        self.counted_since = started
        """Since when requests are counted without a gap."""
        self._watched = started
        """Until when somebody watched."""
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

    def assume_busy_until(self, instance: str, time: float) -> None:
        """The instance's idle time counts from then on at the earliest."""
        known = self.of(instance)
        known.last_end = max(known.last_end, time)

    def follow_pods(self, instance: str, now: float, *, ready: bool, alive: bool, scheduled: bool = False) -> None:
        """Who starts is not idle: the time counts from the first moment in which a pod can answer. Later ones do not
        count, or pods that come and go would keep an idle instance awake. Nor does it count where nobody asked and a
        schedule may have been what woke it: that ends with its own time.
        """
        if not alive and instance not in self._instances:
            return
        known = self.of(instance)
        if ready and not known.started and (known.asked or not scheduled):
            self.assume_busy_until(instance, now)
        if known.started and not alive:
            known.asked = known.busy
        starts = alive and not ready and not known.started
        known.starting_since = (known.starting_since or now) if starts else None
        known.started = ready or (alive and known.started)

    def waiting(self) -> dict[str, float]:
        """Instances whose requests wait for a replica, and since when."""
        return {instance: known.waiting_since for instance, known in self._instances.items() if known.waiting}

    def busy(self, instance: str) -> bool:
        """Whether something waits or runs."""
        known = self._instances.get(instance)
        return known is not None and known.busy

    def idle_since(self, instance: str) -> float | None:
        """Since when it does nothing, NEVER where it did nothing yet; None: it does something, or nothing is known of
        it.
        """
        known = self._instances.get(instance)
        quiet = known is not None and not known.busy and known.starting_since is None
        return known.last_end if known and quiet and (known.started or known.last_end > NEVER) else None

    def hold(self, instance: str, now: float) -> None:
        """A request began to wait."""
        with self._change(instance, now) as known:
            known.held += 1

    def release(self, instance: str, now: float) -> None:
        """A request waits no longer; its instance may be forgotten by now."""
        if self.of(instance).held:
            with self._change(instance, now) as known:
                known.held -= 1

    def resume(self, now: float, watched: float, idle: Mapping[str, float]) -> None:
        """Go on where another one stopped at `watched`, which knew since when some instances were idle."""
        self.started, self.counted_since, self._watched = now, now, watched
        for instance, time in idle.items():
            self.of(instance).last_end = time

    def hear(self, gateway: str, now: float, *, told: float | None = None) -> None:
        """A gateway has reported. `told`: of how many seconds before, where it is one that comes back."""
        unseen = now - self._watched
        if unseen > REPORT_AGE:
            self.counted_since = now
        first = gateway not in self.gateways
        if first:
            unseen = max(unseen, FIRST_REPORT) if told is None else unseen - told
        if unseen > (SLACK if first else REPORT_AGE):
            for known in self._instances.values():
                known.last_end = min(known.last_end + unseen, now)
        self._watched = self.gateways[gateway] = now

    def report(self, gateway: str, instance: str, load: Load, now: float) -> None:
        """Take what a gateway reports of an instance."""
        known = self._instances.get(instance)
        if known is not None and known.outlived(now - load.seconds):
            load = replace(load, issued={}, running={})
        began = any(load.issued.values())
        if not (began or load.running or load.refused) and (known is None or not known.busy):
            return
        with self._change(instance, now, event=began) as known:
            for region, count in load.issued.items():
                if count:
                    bursts = known.issued[gateway, region]
                    bursts.append(Burst(now - load.seconds, now, count))
                    while bursts[0].end < now - LONGEST_WINDOW:
                        bursts.popleft()
            if load.running:
                known.running[gateway] = load.running
            else:
                known.running.pop(gateway, None)
            known.note_levels(now)
            (known.refused.add if load.refused else known.refused.discard)(gateway)

    def forget_gateway(self, gateway: str, now: float) -> None:
        """A gateway is gone, or will connect again: its open requests are not ours to count."""
        self.gateways.pop(gateway, None)
        for instance in list(self._instances):
            with self._change(instance, now) as known:
                known.running.pop(gateway, None)
                known.note_levels(now)
                known.refused.discard(gateway)

    def forget(self, instance: str) -> None:
        """The instance is gone."""
        self._instances.pop(instance, None)

    def restart(self, instance: str, now: float, *, alive: bool) -> None:
        """The instance was stopped and runs again: it owes nothing to what was before. `alive`: pods from before are
        not known to end yet; they count as started, and so are no news.
        """
        self._instances[instance] = InstanceActivity(restarted=now, started=alive)

    def requests(self, instance: str, region: str | None, window: float, now: float) -> float:
        """Requests that began within `window` seconds, in one region or in all. The window ends with the last report of
        each gateway, so that its length is that of whole reports.
        """
        counted = 0.0
        for (gateway, place), bursts in self.of(instance).issued.items():
            if region in {None, place}:
                since = self.gateways.get(gateway, now) - window
                counted += sum(burst.after(since) for burst in bursts if burst.end > since)
        return counted

    def in_progress(self, instance: str, region: str | None, now: float) -> float:
        """Requests in progress in one region or in all, on average over the last seconds."""
        levels = self.of(instance).levels
        chosen = levels.values() if region is None else [levels[region]]
        return sum(level.mean(now) for level in chosen)

    def active(self, instance: str, lifetime: float, now: float) -> bool:
        """Whether something waits, runs, starts, or ended less than `lifetime` seconds ago."""
        known = self._instances.get(instance)
        if known is None:
            return False
        starts = known.starting_since is not None and now - known.starting_since < STARTUP_SECONDS
        return known.busy or starts or now - known.last_end < lifetime

    @contextmanager
    def _change(self, instance: str, now: float, *, event: bool = False) -> Iterator[InstanceActivity]:
        """Draw the conclusions from a change; `event`: something began even if nothing goes on now."""
        known = self.of(instance)
        was_busy, was_waiting = known.busy, known.waiting > 0
        yield known
        if was_busy or known.busy or event:
            known.last_end, known.asked = now, True
        if known.waiting and not was_waiting:
            known.waiting_since = now
            for listener in self._listeners:
                listener(instance)

"""KEDA's external scaler: what makes an instance wake, grow and sleep.

KEDA learns "active" by push at once, and "idle" by its polls. Idle is decided here, from podLifetime. What is not known
yet is UNAVAILABLE, and KEDA then leaves everything as it is: a scaler that said "idle" right after its start would end
busy instances.

Source: https://keda.sh/docs/latest/concepts/external-scalers/
"""

import asyncio
import math
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

import grpc

from inferops.control import metrics
from inferops.control.activity import REPORT_AGE, Activity
from inferops.control.proto import externalscaler_pb2 as pb
from inferops.control.readings import Readings
from inferops.control.triggers import Trigger, read_trigger

SERVICE = "externalscaler.ExternalScaler"
STREAM_SECONDS = 300.0
"""A push stream ends after this long. KEDA's delay before it connects again grows with every error and only a stream
that ended well makes it short."""
UNKNOWN = "the gateways have not reported yet"
LOOKS = 20.0
"""Seconds in which the autoscaler looks at least once."""


class Place(NamedTuple):
    """What the scaler must know of a workload."""

    region: str | None = None
    """None: unknown, so that all are meant."""
    pods: int = 0
    """That were not told to end."""
    share: float = 1.0
    """Of the requests that wait for the instance: as much as for any other of its regions."""
    cooldown: float = 0.0
    """Seconds that the autoscaler waits before it goes down."""


class Scaler:
    """`known` says whether the gateways have reported, `place_of` what there is of an instance's workload."""

    def __init__(
        self,
        activity: Activity,
        readings: Readings,
        known: Callable[[], bool],
        place_of: Callable[[str, str], Place],
    ) -> None:
        self._activity = activity
        self._readings = readings
        self._known = known
        self._place_of = place_of
        self._stopped = False
        self._listening: dict[str, set[asyncio.Event]] = defaultdict(set)
        activity.on_demand(self._push)

    def handler(self) -> Any:
        """The gRPC service."""
        unary, stream = grpc.unary_unary_rpc_method_handler, grpc.unary_stream_rpc_method_handler
        reference = pb.ScaledObjectRef.FromString
        methods = {
            "IsActive": unary(self.is_active, reference, pb.IsActiveResponse.SerializeToString),
            "StreamIsActive": stream(self.stream_is_active, reference, pb.IsActiveResponse.SerializeToString),
            "GetMetricSpec": unary(self.get_metric_spec, reference, pb.GetMetricSpecResponse.SerializeToString),
            "GetMetrics": unary(
                self.get_metrics, pb.GetMetricsRequest.FromString, pb.GetMetricsResponse.SerializeToString
            ),
        }
        return grpc.method_handlers_generic_handler(SERVICE, methods)

    def stop(self) -> None:
        """End all push streams, with status OK."""
        self._stopped = True
        for events in self._listening.values():
            for event in events:
                event.set()

    def listens(self, instance: str) -> bool:
        """Whether KEDA is told of an instance's requests."""
        return bool(self._listening.get(instance))

    def is_idle(self, instance: str, lifetime: float) -> bool:
        """Whether KEDA listens for an instance, and would hear of no activity within `lifetime` seconds."""
        told = self.listens(instance) and self._known()
        return told and not self._activity.active(instance, lifetime, time.monotonic())

    async def is_active(self, reference: pb.ScaledObjectRef, context: Any) -> pb.IsActiveResponse:
        """Whether there must be a replica."""
        trigger = await self._read(reference, context)
        active = trigger.wakes and self._is_active(trigger)
        if trigger.wakes and not active:
            await self._require_knowledge("IsActive", context)
        metrics.SCALER_CALLS.labels("IsActive", str(active)).inc()
        return pb.IsActiveResponse(result=active)

    async def stream_is_active(self, reference: pb.ScaledObjectRef, context: Any) -> AsyncIterator[pb.IsActiveResponse]:
        """Push: the present state, then "active" whenever requests begin to wait. Returning is status OK."""
        trigger = await self._read(reference, context)
        demand = asyncio.Event()
        self._listening[trigger.instance].add(demand)
        end = time.monotonic() + STREAM_SECONDS
        try:
            yield pb.IsActiveResponse(result=trigger.wakes and self._is_active(trigger))
            while not self._stopped and (left := end - time.monotonic()) > 0:
                try:
                    async with asyncio.timeout(left):
                        await demand.wait()
                except TimeoutError:
                    return
                demand.clear()
                if trigger.wakes and not self._stopped:
                    metrics.SCALER_CALLS.labels("StreamIsActive", "True").inc()
                    yield pb.IsActiveResponse(result=True)
        finally:
            self._listening[trigger.instance].discard(demand)
            if not self._listening[trigger.instance]:  # whoever asks may name any
                del self._listening[trigger.instance]

    async def get_metric_spec(self, reference: pb.ScaledObjectRef, context: Any) -> pb.GetMetricSpecResponse:
        """The target."""
        trigger = await self._read(reference, context)
        target = max(1, round(trigger.target))
        spec = pb.MetricSpec(metricName=trigger.metric, targetSize=target, targetSizeFloat=trigger.target)
        return pb.GetMetricSpecResponse(metricSpecs=[spec])

    async def get_metrics(self, request: pb.GetMetricsRequest, context: Any) -> pb.GetMetricsResponse:
        """The value."""
        trigger = await self._read(request.scaledObjectRef, context)
        if trigger.wakes:
            await self._require_knowledge("GetMetrics", context)
            value = self._demand(trigger)
        else:
            value = await self._measure(trigger)
        metrics.SCALER_CALLS.labels("GetMetrics", trigger.metric).inc()
        answer = pb.MetricValue(metricName=trigger.metric, metricValue=math.ceil(value), metricValueFloat=value)
        return pb.GetMetricsResponse(metricValues=[answer])

    def _demand(self, trigger: Trigger) -> float:
        """What all replicas of a workload have to do. What they are there for, at least, until requests were counted
        for long enough: after a restart, or gateways that were away, few would seem to come.
        """
        place, now = self._place_of(trigger.instance, trigger.workload), time.monotonic()
        if self._rests(trigger, place, now):
            return 0.0
        counted = now - self._activity.counted_since >= max(trigger.window, REPORT_AGE)
        return max(self._count(trigger, place, now), 0.0 if counted else trigger.target * place.pods)

    def _count(self, trigger: Trigger, place: Place, now: float) -> float:
        """Requests in the region, within the window or in progress, and its share of those that wait."""
        if trigger.metric == "http":
            seen = self._activity.requests(trigger.instance, place.region, trigger.window, now)
        else:
            seen = self._activity.in_progress(trigger.instance, place.region, now)
        return seen + self._activity.of(trigger.instance).waiting * place.share

    async def _measure(self, trigger: Trigger) -> float:
        """The target itself where there is no data: the autoscaler then keeps the replicas. 0 once idle, because vLLM
        keeps GPU memory full for ever.
        """
        place = self._place_of(trigger.instance, trigger.workload)
        if self._known() and self._rests(trigger, place, time.monotonic()):
            self._readings.rest(trigger)
            return 0.0
        value = await self._readings.read(trigger)
        return trigger.target if value is None else value

    def _rests(self, trigger: Trigger, place: Place, now: float) -> bool:
        """Whether the instance has been idle for so long that the autoscaler, once it has waited for the cooldown,
        should be down.
        """
        quiet = max(trigger.lifetime - place.cooldown, min(trigger.lifetime, LOOKS))
        return not (self._is_active(trigger) and self._activity.active(trigger.instance, quiet, now))

    def _is_active(self, trigger: Trigger) -> bool:
        return self._activity.active(trigger.instance, trigger.lifetime, time.monotonic())

    def _push(self, instance: str) -> None:
        for event in self._listening.get(instance, ()):
            event.set()

    async def _require_knowledge(self, method: str, context: Any) -> None:
        if not self._known():
            metrics.SCALER_CALLS.labels(method, "unknown").inc()
            await context.abort(grpc.StatusCode.UNAVAILABLE, UNKNOWN)

    async def _read(self, reference: pb.ScaledObjectRef, context: Any) -> Trigger:
        try:
            return read_trigger(reference)
        except ValueError as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
            raise

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
from dataclasses import dataclass
from typing import Any, NamedTuple

import grpc

from inferops.control import metrics
from inferops.control.activity import REPORT_AGE, Activity
from inferops.control.gpu import QUERIES, GpuMetrics
from inferops.control.proto import externalscaler_pb2 as pb

SERVICE = "externalscaler.ExternalScaler"
HTTP = "http"
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
    cooldown: float = 0.0
    """Seconds that the autoscaler waits before it goes down."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """One trigger of a ScaledObject, as its metadata says; times in seconds."""

    namespace: str
    workload: str
    metric: str
    instance: str
    target: float
    window: float
    lifetime: float

    @property
    def is_http(self) -> bool:
        """Whether requests decide; else a GPU metric, which wakes nothing."""
        return self.metric == HTTP


def read_trigger(reference: pb.ScaledObjectRef) -> Trigger:
    """Parse what KEDA sends with every call. Raises ValueError, naming the field."""
    given = dict(reference.scalerMetadata)
    metric, instance = given.get("metric", HTTP), given.get("instance", "")
    if metric != HTTP and metric not in QUERIES:
        raise ValueError(f'metric is "{metric}": it must be {HTTP}, {" or ".join(QUERIES)}')
    if not instance:
        raise ValueError("instance is missing: it must be the id of an InferenceInstance")
    numbers = {name: _number(given, name) for name in ("target", "window", "podLifetime")}
    return Trigger(
        reference.namespace,
        reference.name,
        metric,
        instance,
        target=numbers["target"] or 1.0,
        window=numbers["window"] or 1.0,
        lifetime=math.inf if numbers["podLifetime"] is None else numbers["podLifetime"],
    )


def _number(given: dict[str, str], name: str) -> float | None:
    try:
        return float(given[name]) if given.get(name) else None
    except ValueError:
        raise ValueError(f'{name} is "{given[name]}": it must be a number') from None


class Scaler:
    """`known` says whether the gateways have reported, `place_of` what there is of an instance's workload."""

    def __init__(
        self,
        activity: Activity,
        gpu: GpuMetrics,
        known: Callable[[], bool],
        place_of: Callable[[str, str], Place],
    ) -> None:
        self._activity = activity
        self._gpu = gpu
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

    def is_idle(self, instance: str, lifetime: float) -> bool:
        """Whether KEDA listens for an instance, and would hear of no activity within `lifetime` seconds."""
        listens = bool(self._listening.get(instance))
        return listens and self._known() and not self._activity.active(instance, lifetime, time.monotonic())

    async def is_active(self, reference: pb.ScaledObjectRef, context: Any) -> pb.IsActiveResponse:
        """Whether there must be a replica."""
        trigger = await self._read(reference, context)
        active = trigger.is_http and self._is_active(trigger)
        if trigger.is_http and not active:
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
            yield pb.IsActiveResponse(result=trigger.is_http and self._is_active(trigger))
            while not self._stopped and (left := end - time.monotonic()) > 0:
                try:
                    async with asyncio.timeout(left):
                        await demand.wait()
                except TimeoutError:
                    return
                demand.clear()
                if trigger.is_http and not self._stopped:
                    metrics.SCALER_CALLS.labels("StreamIsActive", "True").inc()
                    yield pb.IsActiveResponse(result=True)
        finally:
            self._listening[trigger.instance].discard(demand)

    async def get_metric_spec(self, reference: pb.ScaledObjectRef, context: Any) -> pb.GetMetricSpecResponse:
        """The target."""
        trigger = await self._read(reference, context)
        target = max(1, round(trigger.target))
        spec = pb.MetricSpec(metricName=trigger.metric, targetSize=target, targetSizeFloat=trigger.target)
        return pb.GetMetricSpecResponse(metricSpecs=[spec])

    async def get_metrics(self, request: pb.GetMetricsRequest, context: Any) -> pb.GetMetricsResponse:
        """The value."""
        trigger = await self._read(request.scaledObjectRef, context)
        if trigger.is_http:
            await self._require_knowledge("GetMetrics", context)
            value = self._demand(trigger)
        else:
            value = await self._gpu_value(trigger)
        metrics.SCALER_CALLS.labels("GetMetrics", trigger.metric).inc()
        answer = pb.MetricValue(metricName=trigger.metric, metricValue=math.ceil(value), metricValueFloat=value)
        return pb.GetMetricsResponse(metricValues=[answer])

    def _demand(self, trigger: Trigger) -> float:
        """What all replicas of a workload have to do. Nothing once idle, and that so early that the autoscaler, which
        waits for the cooldown, is down when podLifetime is over. What they are there for, at least, until requests
        were counted for long enough: after a restart, or gateways that were away, few would seem to come.
        """
        if not self._is_active(trigger):
            return 0.0
        place, now = self._place_of(trigger.instance, trigger.workload), time.monotonic()
        quiet = max(trigger.lifetime - place.cooldown, min(trigger.lifetime, LOOKS))
        if not self._activity.active(trigger.instance, quiet, now):
            return 0.0
        counted = now - self._activity.counted_since >= max(trigger.window, REPORT_AGE)
        return max(self._count(trigger, place.region, now), 0.0 if counted else trigger.target * place.pods)

    def _count(self, trigger: Trigger, region: str | None, now: float) -> float:
        """Requests in the region within the window, and those that wait."""
        seen = self._activity.requests(trigger.instance, region, trigger.window, now)
        return seen + self._activity.of(trigger.instance).waiting

    async def _gpu_value(self, trigger: Trigger) -> float:
        """The target itself where there is no data: the autoscaler then keeps the replicas. 0 once idle, because vLLM
        keeps GPU memory full for ever.
        """
        if self._known() and not self._is_active(trigger):
            return 0.0
        value = await self._gpu.read(trigger.metric, trigger.namespace, trigger.workload)
        return trigger.target if value is None else value

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

"""The control plane without the cluster: stores in, gRPC out. process.py feeds it and wakes pods."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import grpc
from envoy.service.auth.v3.external_auth_pb2_grpc import add_AuthorizationServicer_to_server
from envoy.service.discovery.v3.ads_pb2_grpc import add_AggregatedDiscoveryServiceServicer_to_server
from envoy.service.load_stats.v3.lrs_pb2_grpc import add_LoadReportingServiceServicer_to_server

from inferops.control import metrics
from inferops.control.activator import Activator
from inferops.control.activity import Activity
from inferops.control.ads import DiscoveryService
from inferops.control.allowances import Allowances
from inferops.control.authorization import Authorization
from inferops.control.engines import EngineMetrics
from inferops.control.idleness import Idleness
from inferops.control.limits import limits_handler
from inferops.control.listings import Listings
from inferops.control.load import LoadReports
from inferops.control.peers import listen
from inferops.control.prometheus import Prometheus
from inferops.control.publisher import Publisher
from inferops.control.readings import Readings
from inferops.control.revocations import revocations_handler
from inferops.control.scaler import Place, Scaler
from inferops.control.snapshot import Snapshot
from inferops.control.world import Objects, World, touched_by
from inferops.gateway.endpoints import Endpoint
from inferops.gateway.routes import Route
from inferops.names import Manifest
from inferops.plan.references import Reference
from inferops.plan.scaling import is_scheduled
from inferops.settings import Settings

logger = logging.getLogger(__name__)

PUBLISH_INTERVAL = 0.05
"""Seconds between two publications at least: a lone change goes out at once, a burst together."""
SERVER_OPTIONS = [
    ("grpc.max_send_message_length", 1 << 28),
    ("grpc.max_receive_message_length", 1 << 28),
    ("grpc.max_concurrent_streams", 1 << 20),  # each held request is one
    ("grpc.http2.max_ping_strikes", 0),  # Envoy asks every 5 s whether control is there, also while requests wait
    ("grpc.so_reuseport", 0),
]
CLOSE_SECONDS = 1.0


class ControlPlane:
    """Call `build` once the stores are complete, then `serve`; `run` follows every `touch`, from before it serves."""

    def __init__(self, settings: Settings, stores: Mapping[str, Objects]) -> None:
        self.activity = Activity(time.monotonic())
        self.world = World(stores, settings)
        self.activator = Activator(self.activity, self.world.is_cramped)
        self.limits = Allowances(time.monotonic(), self.world.price_of)
        self.snapshot = Snapshot()
        self.listings = Listings(self.world.keyring)
        self.publisher = Publisher(self.snapshot, self.activator, settings)
        prometheus, labels = settings.prometheus, (settings.prometheus.namespace_label, settings.prometheus.pod_label)
        self.readings = Readings(Prometheus(prometheus), EngineMetrics(self._replicas_of), labels)
        self.scaler = Scaler(self.activity, self.readings, self._knows, self._place_of)
        self.serving = False
        self._settings = settings
        self._dirty = asyncio.Event()
        self._touched = 0.0
        self._changed: set[Reference] | None = None
        """What is to be published; None: everything."""
        self._states: Counter[str] = Counter()
        self._servers: list[Any] = []

    def touch(self, obj: Manifest) -> None:
        """The object is new in the stores, another one now, or gone."""
        if self._changed is not None:
            self._changed.add(touched_by(obj))
        if not self._dirty.is_set():
            self._touched = time.monotonic()
            self._dirty.set()

    async def run(self) -> None:
        """For ever: publish what changed, and what a key's expiry changes."""
        published = 0.0
        while True:
            expiry = self.world.keyring.next_expiry
            until_expiry = (expiry - datetime.now(UTC)).total_seconds() if expiry else None
            try:
                async with asyncio.timeout(until_expiry):
                    await self._dirty.wait()
            except TimeoutError:
                self._touched = time.monotonic()
            await asyncio.sleep(published + PUBLISH_INTERVAL - time.monotonic())
            self._dirty.clear()
            self.build(datetime.now(UTC))
            published = time.monotonic()
            metrics.REBUILD_SECONDS.observe(published - self._touched)

    def build(self, now: datetime) -> None:
        """Publish what follows from what changed; keys first, since the rest may take its time."""
        changed, self._changed = self._changed, set()
        if changed is None:
            changed = self.world.all()
        keyring = self.world.keyring
        concerned = self.world.update_keys(changed, now)
        self.publisher.publish_keys(keyring.credentials)
        self.limits.set_limits(keyring.limits)
        routes = self.world.update_routes(changed, concerned)
        before = {route_id: self.publisher.routes.get(route_id) for route_id in routes}
        self.publisher.publish_routes(routes)
        for route_id, after in routes.items():
            self._follow(route_id, before[route_id], after)
        for state, count in self._states.items():
            metrics.ROUTES.labels(state).set(count)

    def _follow(self, route_id: str, before: Route | None, after: Route | None) -> None:
        """Let the others know of an instance that came, changed or went."""
        self.listings.follow(before, after)
        if before is not None:
            self._states[state_of(before)] -= 1
        if after is not None:
            self._states[state_of(after)] += 1
        now = time.monotonic()
        if after is None:
            self.activity.forget(route_id)
        elif not after.stopped:
            alive = not all(endpoint.ending for endpoint in after.endpoints)
            if before is not None and before.stopped:
                self.activity.restart(route_id, now, alive=alive)
            scheduled = self._is_scheduled(route_id)
            self.activity.follow_pods(route_id, now, ready=not after.cold, alive=alive, scheduled=scheduled)

    async def serve(self, gateway_address: str, scaler_address: str, before: Idleness | None = None) -> None:
        """Answer gateways and KEDA from now on. `before`: what the one who served last knew."""
        now = time.monotonic()
        self.limits.start(now)
        before = before or Idleness(now, {})
        warm = {route.id for route in self.publisher.routes.values() if not route.cold}
        self.activity.resume(now, before.watched, {each: before.since.get(each, now) for each in warm})
        gateway = grpc.aio.server(options=SERVER_OPTIONS)
        add_AggregatedDiscoveryServiceServicer_to_server(DiscoveryService(self.snapshot), gateway)
        loads = LoadReports(self.activity, lambda cluster: cluster in self.publisher.routes)
        add_LoadReportingServiceServicer_to_server(loads, gateway)
        add_AuthorizationServicer_to_server(Authorization(self.activator, self.listings), gateway)
        own = limits_handler(self.limits), revocations_handler(lambda: self.world.keyring.credentials)
        gateway.add_generic_rpc_handlers(own)
        listen(gateway, gateway_address, self._settings.gateway.peer_certificates)
        keda = grpc.aio.server(options=SERVER_OPTIONS)
        keda.add_generic_rpc_handlers((self.scaler.handler(),))
        keda.add_insecure_port(scaler_address)
        self._servers = [gateway, keda]
        await asyncio.gather(*(server.start() for server in self._servers))
        self.serving = True
        logger.info("serving", extra={"gateway": gateway_address, "scaler": scaler_address})

    def idleness(self, settled: float) -> Idleness:
        """Who has replicas and is idle, for at least so many seconds."""
        now = time.monotonic()
        warm = (route.id for route in self.publisher.routes.values() if not route.cold)
        idle = ((instance, self.activity.idle_since(instance)) for instance in warm)
        return Idleness(now, {instance: time for instance, time in idle if time is not None and now - time >= settled})

    async def close(self) -> None:
        """End all streams, KEDA's in good order: only then does it come back at once."""
        self.serving = False
        self.scaler.stop()
        await asyncio.gather(*(server.stop(CLOSE_SECONDS) for server in self._servers))
        await self.readings.close()

    def _knows(self) -> bool:
        return self.activity.known(len(self.snapshot.subscribers), time.monotonic())

    def _is_scheduled(self, route_id: str) -> bool:
        instance = self.world.instances.get(route_id)
        return instance is not None and any(is_scheduled(each.scale) for each in instance.spec.regions)

    def _place_of(self, route_id: str, workload: str) -> Place:
        instance, route = self.world.instances.get(route_id), self.publisher.routes.get(route_id)
        if instance is None or route is None:
            return Place()
        names = instance.workloads
        for region in (each for each in instance.spec.regions if names[each.region] == workload):
            pods = sum(each.region == region.region and not each.ending for each in route.endpoints)
            return Place(region.region, pods, 1 / len(names), region.scale.cooldown_period)
        return Place()

    def _replicas_of(self, route_id: str, workload: str) -> list[Endpoint]:
        """The ready ones of a region."""
        route, region = self.publisher.routes.get(route_id), self._place_of(route_id, workload).region
        return [each for each in route.endpoints if each.ready and each.region == region] if route else []


def state_of(route: Route) -> str:
    """For the metric."""
    return "stopped" if route.stopped else "cold" if route.cold else "warm"

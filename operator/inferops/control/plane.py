"""The control plane without the cluster: stores in, gRPC out. process.py feeds it and wakes pods."""

import asyncio
import logging
import time
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
from inferops.control.gpu import GpuMetrics
from inferops.control.limits import limits_handler
from inferops.control.load import LoadReports
from inferops.control.minutes import RequestLimits
from inferops.control.peers import listen
from inferops.control.publisher import Publisher
from inferops.control.revocations import revocations_handler
from inferops.control.scaler import Scaler
from inferops.control.snapshot import Snapshot
from inferops.control.world import Objects, World
from inferops.gateway.routes import Route
from inferops.settings import Settings

logger = logging.getLogger(__name__)

PUBLISH_INTERVAL = 0.05
"""Seconds between two publications at least: a lone change goes out at once, a burst together."""
SERVER_OPTIONS = [
    ("grpc.max_send_message_length", 1 << 28),
    ("grpc.max_receive_message_length", 1 << 28),
    ("grpc.max_concurrent_streams", 1 << 20),  # each held request is one
    ("grpc.so_reuseport", 0),
]
CLOSE_SECONDS = 1.0


class ControlPlane:
    """Call `build` once the stores are complete, then `serve`; `run` follows every `touch`."""

    def __init__(self, settings: Settings, stores: Mapping[str, Objects]) -> None:
        self.activity = Activity(time.monotonic())
        self.activator = Activator(self.activity)
        self.limits = RequestLimits(time.monotonic())
        self.credentials: Mapping[str, str] = {}
        self.snapshot = Snapshot()
        self.world = World(stores, settings)
        self.publisher = Publisher(self.snapshot, self.activator, settings)
        self.gpu = GpuMetrics(settings.scaler.prometheus)
        self.scaler = Scaler(self.activity, self.gpu, self._knows, self._region_of)
        self.serving = False
        self._settings = settings
        self._dirty = asyncio.Event()
        self._touched = 0.0
        self._next_expiry: datetime | None = None
        self._regions: dict[tuple[str, str], str] = {}
        self._servers: list[Any] = []

    def touch(self) -> None:
        """Something in the stores has changed."""
        if not self._dirty.is_set():
            self._touched = time.monotonic()
            self._dirty.set()

    async def run(self) -> None:
        """For ever: publish what changed, and what a key's expiry changes."""
        published = 0.0
        while True:
            until_expiry = (self._next_expiry - datetime.now(UTC)).total_seconds() if self._next_expiry else None
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
        """Publish what follows from the stores; keys first, since the rest may take its time."""
        keyring = self.world.build_keyring(now)
        self._next_expiry = keyring.next_expiry
        self.publisher.publish_keys(keyring)
        self.limits.set_limits(keyring.limits)
        self.credentials = keyring.credentials
        before = self.publisher.routes
        routes = self.world.build_routes(keyring)
        self.publisher.publish_routes(routes, keyring)
        self._follow(before, routes)

    def _follow(self, before: Mapping[str, Route], routes: Mapping[str, Route]) -> None:
        """Let the scaler know the instances."""
        for route_id in before.keys() - routes.keys():
            self.activity.forget(route_id)
        for route_id in routes.keys() - before.keys():
            if not routes[route_id].cold:
                self.activity.assume_busy_until_now(route_id, time.monotonic())
        self._regions = {
            (instance.namespace, workload): region
            for instance in self.world.instances.values()
            for region, workload in instance.workloads.items()
        }
        for state, count in count_states(routes).items():
            metrics.ROUTES.labels(state).set(count)

    async def serve(self, gateway_address: str, scaler_address: str) -> None:
        """Answer gateways and KEDA from now on."""
        self.activity.started = self.limits.started = time.monotonic()
        gateway = grpc.aio.server(options=SERVER_OPTIONS)
        add_AggregatedDiscoveryServiceServicer_to_server(DiscoveryService(self.snapshot), gateway)
        loads = LoadReports(self.activity, lambda cluster: cluster in self.publisher.routes)
        add_LoadReportingServiceServicer_to_server(loads, gateway)
        add_AuthorizationServicer_to_server(self.activator, gateway)
        own = limits_handler(self.limits), revocations_handler(lambda: self.credentials)
        gateway.add_generic_rpc_handlers(own)
        listen(gateway, gateway_address, self._settings.gateway.peer_certificates)
        keda = grpc.aio.server(options=SERVER_OPTIONS)
        keda.add_generic_rpc_handlers((self.scaler.handler(),))
        keda.add_insecure_port(scaler_address)
        self._servers = [gateway, keda]
        await asyncio.gather(*(server.start() for server in self._servers))
        self.serving = True
        logger.info("serving", extra={"gateway": gateway_address, "scaler": scaler_address})

    async def close(self) -> None:
        """End all streams, KEDA's in good order: only then does it come back at once."""
        self.serving = False
        self.scaler.stop()
        await asyncio.gather(*(server.stop(CLOSE_SECONDS) for server in self._servers))
        await self.gpu.close()

    def _knows(self) -> bool:
        return self.activity.known(len(self.snapshot.subscribers), time.monotonic())

    def _region_of(self, namespace: str, workload: str) -> str | None:
        return self._regions.get((namespace, workload))


def count_states(routes: Mapping[str, Route]) -> dict[str, int]:
    """How many instances are in which state."""
    counts = dict.fromkeys(("stopped", "cold", "warm"), 0)
    for route in routes.values():
        counts["stopped" if route.stopped else "cold" if route.cold else "warm"] += 1
    return counts

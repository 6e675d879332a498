"""Routes -> snapshot, in an order in which no request falls between two states.

    going cold   hold on, acknowledged; then the endpoints go
    going warm   endpoints, acknowledged; then those held go on; then hold off
    new          held until its endpoints are acknowledged
    sharing      who may be drawn, acknowledged; then who draws
    gone         its virtual host first; its cluster when nobody shares a model name with it any more

Nothing here waits: what must follow an acknowledgement is a task of its own, so that a slow gateway delays no other
change, such as a revoked key.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from inferops.control.activator import Activator
from inferops.control.snapshot import Snapshot
from inferops.gateway.clusters import build_cluster, build_endpoints
from inferops.gateway.credentials import build_credentials
from inferops.gateway.resources import CLUSTER, ENDPOINTS, SCOPE, VIRTUAL_HOST, Resource, build_resource
from inferops.gateway.route_table import build_routing, build_scope
from inferops.gateway.routes import Route
from inferops.gateway.tables import table_of, virtual_host_name
from inferops.gateway.virtual_hosts import STOPPED, build_domains, build_virtual_host
from inferops.settings import Settings

logger = logging.getLogger(__name__)

LEFT_OUT = "left out"
"""Kind of what cannot even be written as a message."""


class Publisher:
    """What was published last, and the way from there to what should be."""

    def __init__(self, snapshot: Snapshot, activator: Activator, settings: Settings) -> None:
        self.routes: dict[str, Route] = {}
        self._snapshot = snapshot
        self._activator = activator
        self._held: set[str] = set()
        """Instances whose virtual host has the hold on."""
        self._cooling: set[str] = set()
        """Instances whose endpoints stay until the gateways hold."""
        self._credentials: dict[str, str] | None = None
        self._begun = False
        self._tasks: set[asyncio.Task[None]] = set()
        snapshot.put(map(build_resource, build_routing(settings)))

    def publish_keys(self, credentials: Mapping[str, str]) -> None:
        """Which keys are valid, by themselves: that must wait for nothing."""
        if credentials != self._credentials:
            self._credentials = dict(credentials)
            self._snapshot.put(map(build_resource, build_credentials(credentials)))

    def publish_routes(self, changes: Mapping[str, Route | None]) -> None:
        """Make the snapshot follow: routes that are new or others now; None: the instance is gone."""
        known, self._begun = self._begun, True
        changed = [route for route in changes.values() if route is not None]
        gone = changes.keys() - {route.id for route in changed}
        cooling = {route.id for route in changed if self._cools(route)}
        warming = {route.id for route in changed if self._warms(route, known=known)}
        left = {domain for route in self._present(changes) for domain in build_domains(route)}
        for route_id in changes:
            self.routes.pop(route_id, None)
        self.routes.update((route.id, route) for route in changed)
        self._held -= gone
        self._held |= cooling | warming | {route.id for route in changed if route.cold}
        self._cooling -= gone | warming
        self._cooling |= cooling
        for route in changed:
            self._set_gate(route, warming)
        self._snapshot.refusals.clear((route.id for route in changed), "", LEFT_OUT)
        self._snapshot.put(self._build(changed, build_cluster))
        self._put_endpoints(route.id for route in changed if route.id not in self._cooling)
        # what a first publication leaves out would be taken from the gateways that have it
        sharing = {route.id for route in changed if route.shares} if known else set()
        self._put_hosts(route.id for route in changed if route.id not in sharing)
        led = {domain: table_of(route.id) for route in changed for domain in build_domains(route)}
        self._snapshot.put(map(build_resource, map(build_scope, led, led.values())))
        self._snapshot.remove(SCOPE, left - led.keys())
        if gone:
            self._snapshot.remove(VIRTUAL_HOST, map(virtual_host_name, gone))
            self._spawn(self._finish_removing(gone, [virtual_host_name(route.id) for route in changed]))
        if sharing:
            self._spawn(self._finish_sharing(sharing))
        if cooling:
            self._spawn(self._finish_cooling(cooling))
        if warming:
            self._spawn(self._finish_warming(warming))

    def _cools(self, route: Route) -> bool:
        before = self.routes.get(route.id)
        return before is not None and not before.cold and route.cold

    def _warms(self, route: Route, *, known: bool) -> bool:
        """`known`: the gateways serve what was published before. At first they may have it all, and nothing waits."""
        before = self.routes.get(route.id)
        return not route.cold and (known if before is None else before.cold)

    def _set_gate(self, route: Route, warming: Collection[str]) -> None:
        self._activator.set_limits(route.id, route.limits.hold_timeout, route.limits.held_requests)
        if route.stopped:
            self._activator.refuse(route.id, STOPPED)
        elif route.cold or route.id in warming:
            self._activator.hold(route.id)
        elif route.id not in self._held:
            self._activator.release(route.id)

    async def _finish_cooling(self, ids: set[str]) -> None:
        await self._snapshot.acknowledged(VIRTUAL_HOST, map(virtual_host_name, ids))
        self._cooling -= ids
        self._put_endpoints(ids)

    async def _finish_warming(self, ids: set[str]) -> None:
        await self._snapshot.acknowledged(ENDPOINTS, ids)
        ready = {route_id for route_id in ids if route_id in self.routes and not self.routes[route_id].cold}
        for route_id in ready:
            if not self.routes[route_id].stopped:
                self._activator.release(route_id)
        self._held -= ready
        self._put_hosts(ready)

    def _put_endpoints(self, ids: Iterable[str]) -> None:
        self._snapshot.put(self._build(self._present(ids), build_endpoints))

    def _put_hosts(self, ids: Iterable[str]) -> None:
        def build(route: Route) -> Any:
            return build_virtual_host(route, held=route.id in self._held)

        self._snapshot.put(self._build(self._present(ids), build))

    def _present(self, ids: Iterable[str]) -> list[Route]:
        return [self.routes[route_id] for route_id in ids if route_id in self.routes]

    def _build(self, routes: Iterable[Route], build: Callable[[Route], Any]) -> Iterator[Resource]:
        """The resources of the routes that Envoy's messages can express: one that cannot stops no other."""
        for route in routes:
            try:
                yield build_resource(build(route))
            except (TypeError, ValueError) as error:
                fields = {"instance": route.id, "error": str(error)}
                logger.warning("left out: does not fit into Envoy's messages", extra=fields)
                self._snapshot.refusals.add(route.id, "", LEFT_OUT, str(error))

    async def _finish_sharing(self, ids: AbstractSet[str]) -> None:
        members = {member for route in self._present(ids) for member, _ in route.shares} - ids
        await self._snapshot.acknowledged(VIRTUAL_HOST, map(virtual_host_name, members))
        await self._snapshot.acknowledged(SCOPE, (f"i:{member}" for member in members))
        self._put_hosts(ids)

    async def _finish_removing(self, ids: AbstractSet[str], hosts: Iterable[str]) -> None:
        """`hosts`: virtual hosts that may still send requests there."""
        await self._snapshot.acknowledged(VIRTUAL_HOST, hosts)
        gone = ids - self.routes.keys()
        self._snapshot.remove(CLUSTER, gone)
        self._snapshot.remove(ENDPOINTS, gone)
        for route_id in gone:
            self._activator.remove(route_id)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

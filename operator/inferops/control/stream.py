"""The state of one gateway's delta xDS stream: what it watches, what it was sent, what it took.

Source: https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#incremental-xds
"""

import asyncio
import itertools
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from envoy.service.discovery.v3.discovery_pb2 import DeltaDiscoveryResponse
from google.protobuf.any_pb2 import Any as Packed

from inferops.control import metrics
from inferops.control.snapshot import Snapshot
from inferops.gateway.resources import CLUSTER, ENDPOINTS, ORDER, SCOPE, SHORT_NAMES, VIRTUAL_HOST

logger = logging.getLogger(__name__)

WILDCARD_KINDS = {CLUSTER, VIRTUAL_HOST, SCOPE}
"""Kinds of which Envoy, naming none, wants all."""


BATCH = 500
"""Resources in one response, where they may come in parts: of a large message both ends have several copies."""


@dataclass
class Watch:
    """One kind: resource names and versions."""

    wildcard: bool = False
    names: set[str] = field(default_factory=set)
    sent: dict[str, str] = field(default_factory=dict)
    taken: dict[str, str] = field(default_factory=dict)
    """Acknowledged or refused: nothing more will be said of this version."""
    stale: dict[str, None] = field(default_factory=dict)
    """Names of which something may have to be said, in the order in which that came up."""
    answered: bool = False
    """Whether anything was said: who wants all waits for an answer, even that there is nothing."""
    suspects: set[str] = field(default_factory=set)
    """Refused together with others: sent again one by one, so that one bad resource stops no good one."""

    def wants(self, name: str) -> bool:
        """Whether the gateway asked for it."""
        return self.wildcard or name in self.names


class Stream:
    """One gateway replica. Nothing here waits or does I/O."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.node = ""
        self.changed = asyncio.Event()
        self._snapshot = snapshot
        self._watches: dict[str, Watch] = {}
        self._pending: dict[str, tuple[str, dict[str, str]]] = {}
        self._nonces = itertools.count(1)

    def note(self, kind: str, name: str) -> None:
        """The resource came, changed or went."""
        if watch := self._watches.get(kind):
            watch.stale[name] = None

    def lacks(self, kind: str, name: str) -> bool:
        """Whether the gateway should have the present version and has not answered to it yet."""
        watch, now = self._watches.get(kind, Watch()), self._snapshot.of(kind).get(name)
        if now is None or not self._expects(kind, name, watch):
            return False
        on_the_way = any(sent_kind == kind and name in versions for sent_kind, versions in self._pending.values())
        return on_the_way or watch.taken.get(name) != now.version

    def _expects(self, kind: str, name: str, watch: Watch) -> bool:
        """A gateway asks for a cluster's endpoints once it has the cluster: until then they are on their way."""
        if kind == ENDPOINTS and name in self._snapshot.of(CLUSTER):
            return CLUSTER in self._watches
        return watch.wants(name)

    def receive(self, request: Any) -> None:
        """Take a DeltaDiscoveryRequest: a subscription, an acknowledgement or both."""
        self.node = self.node or request.node.id
        kind = request.type_url
        first = kind not in self._watches
        watch = self._watches.setdefault(kind, Watch())
        if request.response_nonce:
            self._take_answer(request)
        if first:
            watch.wildcard = kind in WILDCARD_KINDS and not request.resource_names_subscribe
            watch.sent.update(request.initial_resource_versions)
            watch.taken.update(request.initial_resource_versions)
            watch.stale.update(dict.fromkeys(watch.sent))
        for name in request.resource_names_subscribe:
            watch.wildcard |= name == "*"
            watch.names.add(name)
            watch.stale[name] = None
            if name not in request.initial_resource_versions:
                watch.sent.pop(name, None)
        for name in request.resource_names_unsubscribe:
            watch.names.discard(name)
            watch.sent.pop(name, None)
        if watch.wildcard and not watch.answered:
            watch.stale.update(dict.fromkeys(self._snapshot.of(kind)))
        self.changed.set()

    def _take_answer(self, request: Any) -> None:
        kind, versions = self._pending.pop(request.response_nonce, ("", {}))
        watch = self._watches[request.type_url]
        if not request.error_detail.message:
            watch.taken.update(versions)
            if kind:
                self._snapshot.refusals.clear(versions, self.node, SHORT_NAMES[kind])
        elif kind:
            metrics.NACKS.labels(SHORT_NAMES[kind]).inc()
            fields = {"gateway": self.node, "kind": SHORT_NAMES[kind], "resources": sorted(versions)[:10]}
            logger.error("gateway refused", extra={**fields, "error": request.error_detail.message})
            if len(versions) > 1:
                watch.suspects.update(versions)
                watch.stale.update(dict.fromkeys(versions))
                for name in versions:
                    watch.sent.pop(name, None)
            else:
                watch.taken.update(versions)
                for name in versions:
                    self._snapshot.refusals.add(name, self.node, SHORT_NAMES[kind], request.error_detail.message)
        self._snapshot.progressed()

    def responses(self) -> Iterator[Any]:
        """Everything that the gateway lacks, as DeltaDiscoveryResponses in the order in which it must hear of it."""
        for kind in ORDER:
            watch = self._watches.get(kind)
            if watch is None:
                continue
            now, names, watch.stale = self._snapshot.of(kind), watch.stale, {}
            wanted = [name for name in names if name in now and watch.wants(name)]
            fresh = [name for name in wanted if watch.sent.get(name) != now[name].version]
            gone = [name for name in names if name in watch.sent and name not in now]
            together = [name for name in fresh if name not in watch.suspects]
            if together or gone or (watch.wildcard and not watch.answered):
                first, *more = divide(kind, together) or [[]]
                yield self._response(kind, watch, first, gone)
                for part in more:
                    yield self._response(kind, watch, [name for name in part if name in now], [])
            for name in set(fresh) & watch.suspects:
                watch.suspects.discard(name)
                if name in now:
                    yield self._response(kind, watch, [name], [])

    def _response(self, kind: str, watch: Watch, fresh: Iterable[str], gone: Iterable[str]) -> Any:
        now = self._snapshot.of(kind)
        nonce = str(next(self._nonces))
        response = DeltaDiscoveryResponse(type_url=kind, nonce=nonce, removed_resources=gone)
        for name in fresh:
            resource = now[name]
            packed = Packed(type_url=kind, value=resource.body)
            response.resources.add(name=name, version=resource.version, resource=packed)
            watch.sent[name] = resource.version
            if kind == CLUSTER and ENDPOINTS in self._watches:
                # a changed cluster waits 15 s for its endpoints unless it hears even unchanged ones again
                self._watches[ENDPOINTS].sent.pop(name, None)
                self._watches[ENDPOINTS].stale[name] = None
        for name in response.removed_resources:
            del watch.sent[name]
            watch.taken.pop(name, None)
        watch.answered = True
        self._pending[nonce] = (kind, {name: now[name].version for name in fresh})
        return response


def divide(kind: str, names: list[str]) -> list[list[str]]:
    """In which responses they come. Of clusters and scopes a gateway that starts must hear at once, or it would begin
    to serve with what it has heard; of virtual hosts likewise, but each table for itself.
    """
    if len(names) <= BATCH or kind not in {ENDPOINTS, VIRTUAL_HOST}:
        return [names] if names else []
    if kind == VIRTUAL_HOST:
        tables = itertools.groupby(sorted(names), key=lambda name: name.partition("/")[0])
        return [list(hosts) for _, hosts in tables]
    return [names[start : start + BATCH] for start in range(0, len(names), BATCH)]

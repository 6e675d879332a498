"""Aggregated discovery: each gateway replica holds one stream and hears every change on it."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any

from envoy.service.discovery.v3.ads_pb2_grpc import AggregatedDiscoveryServiceServicer

from inferops.control import metrics
from inferops.control.snapshot import Snapshot
from inferops.control.stream import Stream

logger = logging.getLogger(__name__)


class DiscoveryService(AggregatedDiscoveryServiceServicer):  # type: ignore[misc]
    """Delta ADS. It may only be served once the snapshot is complete: Envoy says what it has, and what an incomplete
    snapshot lacks would be taken away from it.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    async def DeltaAggregatedResources(self, requests: AsyncIterator[Any], _context: Any) -> AsyncIterator[Any]:
        """One gateway replica, until it leaves."""
        stream = Stream(self._snapshot)
        reader = asyncio.create_task(self._read(stream, requests))
        self._snapshot.subscribers.add(stream)
        metrics.GATEWAYS.inc()
        try:
            while not reader.done():
                await stream.changed.wait()
                stream.changed.clear()
                for response in stream.responses():
                    yield response
        finally:
            metrics.GATEWAYS.dec()
            self._snapshot.subscribers.discard(stream)
            self._snapshot.refusals.forget(stream.node)
            self._snapshot.progressed()
            reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reader
            logger.info("gateway left", extra={"gateway": stream.node})

    async def _read(self, stream: Stream, requests: AsyncIterator[Any]) -> None:
        """Take requests; the end of them ends the stream."""
        async for request in requests:
            if not stream.node:
                logger.info("gateway connected", extra={"gateway": request.node.id})
            stream.receive(request)
        stream.changed.set()

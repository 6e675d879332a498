"""One key at a time: the reconciler of its kind, how long it took, what came of it."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

from inferops.cluster.cluster import Cluster
from inferops.errors import ClusterError, Conflict, NotFound, Rejected, SpecError
from inferops.handlers import metrics
from inferops.reconcile.queue import Key
from inferops.settings import Settings

logger = logging.getLogger(__name__)

Reconciler = Callable[[Cluster, Settings, Key, datetime], Awaitable[float | None]]
LONGEST_SECONDS = 120.0
"""After so long a reconcile hangs: it is ended, and its key tried again."""
REJECTED_SECONDS = 30.0
"""Pause after a no of a quota or an admission policy: the world has to change first."""


class Worker:
    """Handles keys of the queue; an exception tells the queue to try the key again."""

    def __init__(self, cluster: Cluster, settings: Settings, reconcilers: Mapping[str, Reconciler]) -> None:
        self._cluster = cluster
        self._settings = settings
        self._reconcilers = reconcilers

    async def handle(self, key: Key) -> float | None:
        """Reconcile, and return the seconds until the key wants to run again."""
        if (reconcile := self._reconcilers.get(key.kind)) is None:
            return None
        begun, result, reason = time.perf_counter(), "error", ""
        fields = {"kind": key.kind, "object": f"{key.namespace}/{key.name}".lstrip("/")}
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                after = await reconcile(self._cluster, self._settings, key, datetime.now(UTC))
            result = "done"
        except SpecError as error:
            result, after = "invalid", None
            logger.info("spec is invalid", extra={**fields, "error": str(error)})
        except Rejected as error:
            result, after, reason = "retry", REJECTED_SECONDS, "rejected"
            logger.warning("rejected", extra={**fields, "error": str(error)})
        except NotFound as error:
            result, after = "gone", None  # the object or its namespace went meanwhile: the watch will tell
            logger.debug("gone", extra={**fields, "error": str(error)})
        except ClusterError as error:
            result, reason = "retry", "conflict" if isinstance(error, Conflict) else "unavailable"
            logger.warning("will try again", extra={**fields, "error": str(error)})
            raise
        except Exception as error:
            reason = "timeout" if isinstance(error, TimeoutError) else "error"
            logger.exception("reconcile failed", extra=fields)
            raise
        finally:
            metrics.RECONCILES.labels(key.kind, result).inc()
            if reason:
                metrics.RECONCILE_RETRIES.labels(key.kind, reason).inc()
            metrics.RECONCILE_SECONDS.labels(key.kind).observe(time.perf_counter() - begun)
        return after

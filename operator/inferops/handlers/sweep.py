"""Repairs what kopf's watches missed: it lists again without telling what vanished meanwhile.

Also the first read of our kinds at the start, so that workers begin with all of them known.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from inferops.cluster.client import Client, Scope
from inferops.cluster.store import Store, name_of, version_of
from inferops.errors import ClusterError, NotFound
from inferops.handlers import metrics
from inferops.names import Manifest

logger = logging.getLogger(__name__)

RETRY_SECONDS = 2.0


async def read_all(client: Client, kind: str, store: Store, scope: Scope) -> None:
    """Fill the store for the first time, however long the API server or the CRD takes to appear."""
    while True:
        try:
            store.replace(*await client.read_list(kind, scope), namespace=scope.namespace)
        except ClusterError as error:
            why = "its CRD is not installed" if isinstance(error, NotFound) else str(error)
            logger.warning("waiting for kind", extra={"kind": kind, "error": why})
            await asyncio.sleep(RETRY_SECONDS)
        else:
            return


async def sweep(client: Client, kind: str, store: Store, scope: Scope, on_change: Callable[[Manifest], None]) -> int:
    """Compare names and versions with the API server's, mend the store, return how many changes were missed."""
    listed, version = await client.read_list(kind, scope, metadata=True)
    fresh = {name_of(obj): obj for obj in listed}
    changes = []
    for live in store.values():
        in_scope = scope.namespace in ("", name_of(live)[0])
        if in_scope and name_of(live) not in fresh and version_of(live) <= int(version):
            store.drop(*name_of(live), live)
            changes.append(live)
    for name, obj in fresh.items():
        live_version = version_of(store.get(*name) or {"metadata": {}})
        if live_version < version_of(obj):
            with suppress(NotFound):
                current = await client.get(kind, *name)
                changes += [current] if store.put(current) else []
    for obj in changes:
        on_change(obj)
    metrics.REPAIRED.labels(kind).inc(len(changes))
    return len(changes)

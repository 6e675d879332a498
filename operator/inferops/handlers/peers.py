"""The certificates by which the gateway and control know each other, one Secret for each, as both mount it:

    tls.crt, tls.key   its own        ca.crt   whom it trusts: the other's certificates, and only those

The replica that holds the Lease makes and rotates them; the chart makes the Secrets, empty, and takes them away.
"""

import asyncio
import base64
import logging
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from inferops.cluster.client import Client
from inferops.cluster.reflector import Reflector
from inferops.cluster.store import Store
from inferops.errors import ClusterError
from inferops.handlers.admission.keeper import Leads
from inferops.handlers.certificate import Certificates, rotate
from inferops.names import CONTROL, GATEWAY, Manifest
from inferops.settings import Settings

logger = logging.getLogger(__name__)

SECRETS = {CONTROL: f"{CONTROL}-peer", GATEWAY: f"{GATEWAY}-peer"}
"""By who mounts it."""
MANAGER = "inferops-peers"
"""Owns the Secrets' data, and nothing else."""
SETTLING = timedelta(minutes=10)
"""A node brings a changed Secret into its pods within two minutes; nodes may be away for a while."""
CHECK_SECONDS = 30.0
"""Between looks at the certificates' age, and after a failure."""


class PeerKeeper:
    """One replica's part."""

    def __init__(self, client: Client, settings: Settings, leads: Leads, settling: timedelta = SETTLING) -> None:
        self._client = client
        self._namespace = settings.namespace
        self._leads = leads
        self._settling = settling
        self._changed = asyncio.Event()
        self._stores = {name: Store() for name in SECRETS.values()}

    async def run(self) -> None:
        """For ever."""
        async with asyncio.TaskGroup() as group:
            for reflector in (reflectors := [self._build_reflector(name) for name in SECRETS.values()]):
                group.create_task(reflector.run())
            await asyncio.gather(*(reflector.synced.wait() for reflector in reflectors))
            while True:
                self._changed.clear()
                try:
                    await self._keep()
                except (ClusterError, ValueError) as error:
                    logger.warning("certificates of gateway and control not kept", extra={"error": str(error)})
                with suppress(TimeoutError):
                    async with asyncio.timeout(CHECK_SECONDS):
                        await self._changed.wait()

    async def _keep(self) -> None:
        """One look. Both Secrets at once: each holds what the other's owner shows."""
        if not self._leads():
            return
        live = {who: self._read(name) for who, name in SECRETS.items()}
        for who, data in plan_peers(live, self._namespace, datetime.now(UTC), self._settling).items():
            if data != live[who]:
                logger.info("certificates of gateway and control written", extra={"secret": SECRETS[who]})
                await self._write(SECRETS[who], data)

    def _read(self, name: str) -> dict[str, str]:
        return dict((self._stores[name].get(self._namespace, name) or {}).get("data") or {})

    async def _write(self, name: str, data: dict[str, str]) -> None:
        secret: Manifest = {"apiVersion": "v1", "kind": "Secret", "data": data}
        secret["metadata"] = {"name": name, "namespace": self._namespace}
        self._stores[name].put(await self._client.apply(secret, manager=MANAGER))

    def _build_reflector(self, name: str) -> Reflector:
        return Reflector(
            self._client,
            "Secret",
            self._stores[name],
            lambda _: self._changed.set(),
            field_selector=f"metadata.name={name}",
            namespace=self._namespace,
        )


def plan_peers(
    live: Mapping[str, Mapping[str, str]], namespace: str, now: datetime, settling: timedelta
) -> dict[str, dict[str, str]]:
    """What the Secrets should hold (base64), by who mounts them, from what they hold."""
    made = {
        who: rotate(Certificates.read(data), [f"{who}.{namespace}.svc"], now, settling) for who, data in live.items()
    }
    trusted = {CONTROL: made[GATEWAY].trusted, GATEWAY: made[CONTROL].trusted}
    return {
        who: {**pair.as_data(), "ca.crt": base64.b64encode(trusted[who].encode()).decode()}
        for who, pair in made.items()
    }

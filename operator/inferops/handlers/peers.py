"""The certificates by which the gateway, control, the ledger and the REST API know each other, one Secret for each, as
it mounts it:

    tls.crt, tls.key   its own
    ca.crt             those that it speaks with, and only those; the API answers to none
    ledger.crt         the ledger's, for those that ask it

The replica that holds the Lease makes and rotates them; the chart makes the Secrets, empty, and takes them away.
"""

import base64
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from inferops.cluster.client import Client
from inferops.handlers.certificate import Certificates, rotate
from inferops.handlers.keeper import Keeper, Leads
from inferops.names import API, CONTROL, GATEWAY, LEDGER
from inferops.settings import Settings

logger = logging.getLogger(__name__)

SECRETS = {who: f"{who}-peer" for who in (CONTROL, GATEWAY, LEDGER, API)}
"""By who mounts it."""
TRUSTED = {CONTROL: (GATEWAY,), GATEWAY: (CONTROL,), LEDGER: (GATEWAY, CONTROL, API), API: ()}
"""Whose certificates each one's ca.crt has."""
MANAGER = "inferops-peers"
"""Owns the Secrets' data, and nothing else."""
SETTLING = timedelta(minutes=10)
"""A node brings a changed Secret into its pods within two minutes; nodes may be away for a while."""


class PeerKeeper:
    """One replica's part."""

    def __init__(self, client: Client, settings: Settings, leads: Leads, settling: timedelta = SETTLING) -> None:
        self._namespace = settings.namespace
        self._settling = settling
        self._keeper = Keeper(client, MANAGER, [("Secret", self._namespace, name) for name in SECRETS.values()], leads)

    async def run(self) -> None:
        """For ever."""
        await self._keeper.run(self._look, "gateway, control, ledger and API")

    async def _look(self) -> None:
        """All Secrets at once: each holds what the others' owners show."""
        if not self._keeper.leads():
            return
        live = {who: self._read(name) for who, name in SECRETS.items()}
        for who, data in plan_peers(live, self._namespace, datetime.now(UTC), self._settling).items():
            if data != live[who]:
                logger.info("certificates of peers written", extra={"secret": SECRETS[who]})
                metadata = {"name": SECRETS[who], "namespace": self._namespace}
                await self._keeper.apply({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data})

    def _read(self, name: str) -> dict[str, str]:
        return dict((self._keeper.get(("Secret", self._namespace, name)) or {}).get("data") or {})


def plan_peers(
    live: Mapping[str, Mapping[str, str]], namespace: str, now: datetime, settling: timedelta
) -> dict[str, dict[str, str]]:
    """What the Secrets should hold (base64), by who mounts them, from what they hold."""
    made = {
        who: rotate(Certificates.read(data), [f"{who}.{namespace}.svc"], now, settling) for who, data in live.items()
    }
    shown = {who: pair.trusted for who, pair in made.items()}
    return {
        who: {
            **pair.as_data(),
            "ca.crt": encode("".join(shown[other] for other in TRUSTED[who])),
            "ledger.crt": encode(shown[LEDGER]),
        }
        for who, pair in made.items()
    }


def encode(text: str) -> str:
    """As Secrets hold it."""
    return base64.b64encode(text.encode()).decode()

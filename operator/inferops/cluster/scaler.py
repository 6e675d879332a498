"""Whether control's scaler serves. Where it does not KEDA calls a new ScaledObject unready, for half a minute and more,
and GitOps tools show it as degraded: it is made once somebody answers.
"""

import asyncio
import time

from inferops.settings import ScalerSettings

LOOK_SECONDS = 1.0
"""Between looks, however many instances wait."""
CONNECT_SECONDS = 1.0


class ScalerPresence:
    """Remembers what was seen last."""

    def __init__(self) -> None:
        self._looked = float("-inf")
        self._absent_since: float | None = None

    async def allows(self, settings: ScalerSettings) -> bool:
        """Whether a new ScaledObject may be made: the scaler answers, or did not for `patience` seconds. An operator
        that cannot reach it must stop nobody from scaling.
        """
        if not settings.patience:
            return True
        now = time.monotonic()
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            absent = not await answers(settings.address)
            self._absent_since = (now if self._absent_since is None else self._absent_since) if absent else None
        return self._absent_since is None or now - self._absent_since >= settings.patience


async def answers(address: str) -> bool:
    """Whether somebody listens at `host:port`."""
    host, _, port = address.rpartition(":")
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            _, writer = await asyncio.open_connection(host, int(port))
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True

"""GPU metrics of an instance, from the Prometheus that scrapes NVIDIA's DCGM exporter.

"No data" is an answer of its own, never 0: a lost exporter must not scale anything down.
"""

import logging
import math
import time

import httpx

from inferops.control import metrics

logger = logging.getLogger(__name__)

TIMEOUT = 2.0
CACHE_SECONDS = 3.0
"""KEDA and the autoscaler ask for the same value separately."""
PODS = '{{namespace="{namespace}",pod=~"{workload}-[a-z0-9]+-[a-z0-9]{{5}}"}}'
"""Pods of a Deployment."""
USED, FREE = f"sum(DCGM_FI_DEV_FB_USED{PODS})", f"sum(DCGM_FI_DEV_FB_FREE{PODS})"
QUERIES = {
    "gpuUtilization": f"avg(DCGM_FI_DEV_GPU_UTIL{PODS})",
    "gpuMemory": f"100 * {USED} / ({USED} + {FREE})",
}
"""Percent over all pods that report."""


class GpuMetrics:
    """Asks Prometheus at `address`; without one there is never any data."""

    def __init__(self, address: str | None) -> None:
        self._address = address.rstrip("/") if address else None
        self._client: httpx.AsyncClient | None = None
        self._cache: dict[str, tuple[float, float | None]] = {}

    async def read(self, metric: str, namespace: str, workload: str) -> float | None:
        """The metric of one Deployment, in percent; None: no data."""
        query = QUERIES[metric].format(namespace=namespace, workload=workload)
        asked, value = self._cache.get(query, (float("-inf"), None))
        if time.monotonic() - asked > CACHE_SECONDS:
            value = await self._ask(query)
            self._cache[query] = (time.monotonic(), value)
        if value is None:
            metrics.NO_DATA.labels(metric).inc()
        return value

    async def close(self) -> None:
        """End connections."""
        if self._client:
            await self._client.aclose()

    async def _ask(self, query: str) -> float | None:
        if self._address is None:
            return None
        self._client = self._client or httpx.AsyncClient(timeout=TIMEOUT)
        try:
            answer = await self._client.get(f"{self._address}/api/v1/query", params={"query": query})
            answer.raise_for_status()
            result = answer.json()["data"]["result"]
            value = float(result[0]["value"][1]) if result else math.nan
        except (httpx.HTTPError, ValueError, KeyError, IndexError, TypeError) as error:
            logger.warning("no answer from Prometheus", extra={"error": str(error) or type(error).__name__})
            return None
        return value if math.isfinite(value) else None

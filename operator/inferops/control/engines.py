"""What engines say of themselves at /metrics: requests that wait, tokens read and written. Control asks the replicas
itself: the answer is of this moment, needs no Prometheus, and no labels that somebody may rename.

Source: https://docs.vllm.ai/en/latest/usage/metrics.html, https://docs.sglang.ai/references/production_metrics.html
"""

import asyncio
import math
import re
import ssl
import time
from collections import deque
from collections.abc import Callable, Sequence

import httpx

from inferops.control.reading import Reading
from inferops.gateway.endpoints import Endpoint

TIMEOUT = 2.0
"""Seconds for a whole answer: an engine may be anybody's image, and could send for ever."""
LONGEST = 4 << 20
"""Bytes of an answer; engines' have some hundred thousand."""
AS_IT_IS = {"accept-encoding": "identity"}
"""What is packed could be anything when it is unpacked."""
CACHE_SECONDS = 3.0
"""KEDA and the autoscaler ask for the same value separately."""
RATE_SECONDS = 60.0
"""Over which the pace of a counter is taken."""
FORGET_SECONDS = 3600.0
LIMITS = httpx.Limits(max_connections=32)
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Not used, but httpx would spend 20 ms on one of its own for each look."""
METRICS = {
    "queue": ("vllm:num_requests_waiting", "sglang:num_queue_reqs"),
    "tokens": (
        *("vllm:prompt_tokens_total", "vllm:generation_tokens_total"),
        *("sglang:prompt_tokens_total", "sglang:generation_tokens_total"),
    ),
}
"""By trigger: what is summed of a replica."""
COUNTERS = frozenset({"tokens"})
SAMPLES = {
    metric: re.compile(rf"^(?:{'|'.join(names)})(?:{{.*}})? (\S+)", re.MULTILINE) for metric, names in METRICS.items()
}


class EngineMetrics:
    """`endpoints_of` gives the ready replicas of an instance's workload."""

    def __init__(self, endpoints_of: Callable[[str, str], Sequence[Endpoint]]) -> None:
        self._endpoints_of = endpoints_of
        self._cache: dict[tuple[str, str], tuple[float, list[str | None]]] = {}
        self._counts: dict[tuple[str, Endpoint], deque[tuple[float, float]]] = {}

    async def read(self, metric: str, instance: str, workload: str) -> Reading:
        """Mean over the replicas that answered. A counter's needs two looks at least."""
        replicas = self._endpoints_of(instance, workload)
        if not replicas:
            return Reading(None)
        asked, texts = await self._look(instance, workload, replicas)
        answers = [(replica, text) for replica, text in zip(replicas, texts, strict=False) if text is not None]
        if not answers:
            return Reading(
                None, "no replica answers at /metrics; see whether a policy keeps inferops-control from them."
            )
        values = {replica: read_sum(metric, text) for replica, text in answers}
        found = {replica: value for replica, value in values.items() if value is not None}
        if not found:
            return Reading(None, f"its engine shows no {' or '.join(METRICS[metric])}; take another trigger.")
        if metric in COUNTERS:
            paces = [self._pace(metric, replica, value, asked) for replica, value in found.items()]
            measured = [pace for pace in paces if pace is not None]
        else:
            measured = list(found.values())
        return Reading(sum(measured) / len(measured) if measured else None)

    async def _look(self, instance: str, workload: str, replicas: Sequence[Endpoint]) -> tuple[float, list[str | None]]:
        """When, and what each replica showed; None: nothing."""
        now = time.monotonic()
        known = self._cache.get((instance, workload))
        if known and now - known[0] <= CACHE_SECONDS and len(known[1]) == len(replicas):
            return known
        self._cache = {key: kept for key, kept in self._cache.items() if now - kept[0] <= CACHE_SECONDS}
        self._counts = {key: each for key, each in self._counts.items() if now - each[-1][0] < FORGET_SECONDS}
        # connections are not kept: seconds later the replicas may be others
        async with httpx.AsyncClient(timeout=TIMEOUT, trust_env=False, limits=LIMITS, verify=NO_TLS) as client:
            looks = (fetch(client, replica) for replica in replicas)
            self._cache[instance, workload] = now, await asyncio.gather(*looks)
        return self._cache[instance, workload]

    def _pace(self, metric: str, replica: Endpoint, count: float, now: float) -> float | None:
        """Per second since about a minute ago; None at first, and after a restart."""
        seen = self._counts.setdefault((metric, replica), deque())
        if seen and count < seen[-1][1]:
            seen.clear()
        if not seen or now > seen[-1][0]:
            seen.append((now, count))
        while len(seen) > 2 and now - seen[1][0] >= RATE_SECONDS:
            seen.popleft()
        (begin, before), (end, after) = seen[0], seen[-1]
        return (after - before) / (end - begin) if end > begin else None


async def fetch(client: httpx.AsyncClient, replica: Endpoint) -> str | None:
    """What a replica shows; None where it does not answer well."""
    host = f"[{replica.address}]" if ":" in replica.address else replica.address
    url, text = f"http://{host}:{replica.port}/metrics", bytearray()
    try:
        async with asyncio.timeout(TIMEOUT), client.stream("GET", url, headers=AS_IT_IS) as answer:
            async for piece in answer.aiter_raw():
                text += piece
                if len(text) > LONGEST:
                    return None
    except (httpx.HTTPError, TimeoutError):
        return None
    return text.decode(errors="replace") if answer.is_success else None


def read_sum(metric: str, text: str) -> float | None:
    """Sum of all samples with the metric's names; None where there is none, or one that is no number."""
    samples = SAMPLES[metric].findall(text)
    try:
        total = sum(map(float, samples)) if samples else math.nan
    except ValueError:
        return None
    return total if math.isfinite(total) else None

"""What PrefixHash gains on real vLLM: `make bench-prefix`.

As many conversations, each with words of its own, go to two replicas with prefix caching on: through the gateway by
LeastRequest and by PrefixHash, to the replicas in turn, as a Service would spread them, and all to one, which is the
most that a cache can do. Prints, last, a JSON line: by policy, the share of prompt tokens that the replicas had in
their caches (vLLM's own counters), the share of requests that the busier replica had, and how long an answer took.
"""

import asyncio
import itertools
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median, quantiles
from typing import Any, NamedTuple

import httpx

from bench.gateway.vllm_pods import MODEL, PORT, run_replicas
from tests.gateway.gateway import CHAT, TLS, Gateway, find_envoy, host_of
from tests.gateway.objects import ALICE, api_key, endpoint_slice, instance, key_hash, model
from tests.support.eventually import eventually

REPLICAS = 2
CONVERSATIONS, TURNS, AT_ONCE = 48, 6, 8
SYSTEM_WORDS, USER_WORDS, ANSWER_TOKENS = 300, 40, 16
DIRECT = {"RoundRobin": REPLICAS, "OneReplica": 1}
"""Policies without the gateway, and how many replicas they ask."""
POLICIES = (*DIRECT, "LeastRequest", "PrefixHash")
WORDS = (
    "list",
    "string",
    "function",
    "class",
    "return",
    "value",
    "module",
    "file",
    "object",
    "number",
    "error",
    "path",
)


class Counters(NamedTuple):
    """What a replica has counted."""

    queried: float
    hit: float
    answers: float

    def since(self, before: "Counters") -> "Counters":
        """The difference."""
        return Counters(*(now - then for now, then in zip(self, before, strict=True)))


async def main() -> None:
    """One policy after the other."""
    with run_replicas(REPLICAS) as addresses, tempfile.TemporaryDirectory(prefix="bench-") as folder:
        result = {policy: await measure(policy, addresses, Path(folder)) for policy in POLICIES}
    print(json.dumps(result))


async def measure(policy: str, addresses: list[str], folder: Path) -> dict[str, float]:
    """All conversations under one policy."""
    async with AsyncExitStack() as stack:
        if policy in DIRECT:
            urls = [f"http://{address}:{PORT}" for address in addresses[: DIRECT[policy]]]
            clients = [httpx.AsyncClient(base_url=url, timeout=60, verify=TLS) for url in urls]
        else:
            clients = [await start_gateway(stack, policy, addresses, folder)]
        for client in clients:
            stack.push_async_callback(client.aclose)
        turns = itertools.cycle(clients)
        before = [await read_counters(address) for address in addresses]
        seconds = await talk(policy, turns)
        after = [await read_counters(address) for address in addresses]
    counted = [now.since(then) for now, then in zip(after, before, strict=True)]
    result = {
        "hit_rate": round(sum(each.hit for each in counted) / sum(each.queried for each in counted), 3),
        "busier_replica": round(max(each.answers for each in counted) / sum(each.answers for each in counted), 3),
        "p50_ms": round(median(seconds) * 1000),
        "p95_ms": round(quantiles(seconds, n=20)[-1] * 1000),
    }
    print(policy, result, file=sys.stderr, flush=True)
    return result


async def start_gateway(stack: AsyncExitStack, policy: str, addresses: list[str], folder: Path) -> httpx.AsyncClient:
    """The real gateway in front of the replicas."""
    gateway = Gateway(folder, find_envoy())
    gateway.put(
        model(MODEL),
        api_key("alice"),
        key_hash("alice", ALICE),
        instance("chat", model=MODEL, apiKeys=["alice"], loadBalancing=policy),
        endpoint_slice("chat", *((address, PORT, True) for address in addresses)),
    )
    await stack.enter_async_context(gateway.control())
    await stack.enter_async_context(gateway.envoy())
    client = gateway.client(host_of("chat"), ALICE)

    async def answers() -> bool:
        return (await client.get("/v1/models")).status_code == 200

    await eventually(answers)
    return client


async def talk(policy: str, clients: Iterator[httpx.AsyncClient]) -> list[float]:
    """All conversations, some at once; how long each answer took, in seconds."""
    waiting = iter(range(CONVERSATIONS))
    seconds: list[float] = []

    async def speaker() -> None:
        for number in waiting:
            seconds.extend(await converse(build_words(policy, number), clients))

    await asyncio.gather(*(speaker() for _ in range(AT_ONCE)))
    return seconds


async def converse(words: random.Random, clients: Iterator[httpx.AsyncClient]) -> list[float]:
    """One conversation: each turn sends all that was said before."""
    messages = [{"role": "system", "content": say(words, SYSTEM_WORDS)}]
    seconds = []
    for _ in range(TURNS):
        messages.append({"role": "user", "content": say(words, USER_WORDS)})
        begun = time.monotonic()
        body: dict[str, Any] = {"model": MODEL, "messages": messages, "max_tokens": ANSWER_TOKENS, "temperature": 0}
        answer = await next(clients).post(CHAT, json=body)
        seconds.append(time.monotonic() - begun)
        messages.append(answer.raise_for_status().json()["choices"][0]["message"])
    return seconds


def build_words(policy: str, number: int) -> random.Random:
    """Other words in each run: the replicas may still know those of the last one."""
    return random.Random(f"{policy} {number} {time.time_ns()}")  # noqa: S311 - no secret


def say(words: random.Random, count: int) -> str:
    """So many words."""
    return " ".join(words.choices(WORDS, k=count))


async def read_counters(address: str) -> Counters:
    """From vLLM's metrics."""
    async with httpx.AsyncClient(verify=TLS) as client:
        lines = (await client.get(f"http://{address}:{PORT}/metrics")).text.splitlines()
    names = ("vllm:prefix_cache_queries_total", "vllm:prefix_cache_hits_total", "vllm:request_success_total")
    return Counters(*(sum(float(line.split()[-1]) for line in lines if line.startswith(name)) for name in names))


if __name__ == "__main__":
    asyncio.run(main())

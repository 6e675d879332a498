"""Many clients at once: plain answers, streams and uploads in turn, each read and checked to its last byte."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

import httpx

from tests.gateway.gateway import CHAT, TLS, UNBOUNDED, Gateway
from tests.support.eventually import PATIENCE

RATE = 50
"""Requests per second."""
CHUNKS, PAUSE = 10, 0.05
SPEECH = "/v1/audio/transcriptions"
WAV = b"RIFF" + b"\0" * 200_000
KINDS = ("plain", "stream", "upload")


class Crowd:
    """Asks until told to stop; `failures` says what a client would complain about."""

    def __init__(self, gateway: Gateway, key: str, hosts: Collection[str], *, delay: float = 0.02) -> None:
        self.answered: Counter[str] = Counter()
        self.failures: list[str] = []
        self.longest = 0.0
        """Seconds that the slowest took."""
        self._url, self._key, self._hosts, self._delay = gateway.url, key, itertools.cycle(hosts), delay
        self._asking: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """In the background; at the end all that were asked have been answered."""
        async with httpx.AsyncClient(base_url=self._url, timeout=20 * PATIENCE, verify=TLS, limits=UNBOUNDED) as http:
            run = asyncio.create_task(self._run(http))
            try:
                yield
            finally:
                run.cancel()
                await asyncio.gather(*self._asking)

    async def _run(self, http: httpx.AsyncClient) -> None:
        begun = time.monotonic()
        for number, kind in zip(itertools.count(1), itertools.cycle(KINDS)):
            task = asyncio.create_task(self._check(http, kind, next(self._hosts)))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)
            await asyncio.sleep(begun + number / RATE - time.monotonic())

    async def _check(self, http: httpx.AsyncClient, kind: str, host: str) -> None:
        begun = time.monotonic()
        try:
            problem = await self._ask(http, kind, {"host": host, "x-api-key": self._key})
        except httpx.HTTPError as error:
            problem = repr(error)
        took = time.monotonic() - begun
        self.longest = max(self.longest, took)
        self.answered[kind] += 1
        if problem:
            self.failures.append(f"{kind} to {host}, after {took:.2f} s: {problem}")

    async def _ask(self, http: httpx.AsyncClient, kind: str, headers: dict[str, str]) -> str:
        if kind == "stream":
            return await self._stream(http, headers)
        if kind == "upload":
            answer = await http.post(SPEECH, headers=headers, files={"file": ("speech.wav", WAV, "audio/wav")})
            sent = int(answer.request.headers["content-length"])
            whole = answer.is_success and answer.json()["seen"]["size"] == sent
        else:
            answer = await http.post(CHAT, headers=headers, json={"delay": self._delay})
            whole = answer.is_success and answer.json()["text"] == "hello"
        return "" if whole else f"{answer.status_code} {answer.text[:300]}"

    async def _stream(self, http: httpx.AsyncClient, headers: dict[str, str]) -> str:
        body = {"stream": True, "chunks": CHUNKS, "pause": PAUSE}
        async with http.stream("POST", CHAT, headers=headers, json=body) as answer:
            lines = [line async for line in answer.aiter_lines() if line]
        whole = len(lines) == CHUNKS + 1 and lines[-1] == "data: [DONE]"
        return "" if whole else f"{answer.status_code} {len(lines)} lines, the last {lines[-1:]}"

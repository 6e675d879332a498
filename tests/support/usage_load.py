"""Requests whose use is to be counted: whole answers, streams, streams that their client breaks off, speech.

A stream that is broken off stands still before: the engine has written so many tokens and waits, so that it is known to
the token what was produced when the client, or the gateway, is gone.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Any

import aiohttp

SPEECH = Path(__file__).resolve().parents[2] / "examples/audio/hello.wav"
CHAT, COMPLETIONS, EMBEDDINGS = "/v1/chat/completions", "/v1/completions", "/v1/embeddings"
TRANSCRIPTIONS = "/v1/audio/transcriptions"
FORMATS = ("json", "text", "verbose_json", "srt", "vtt")
LONGEST = 24
"""Tokens of an answer."""
TOKEN = "5ms"
"""That one takes: whatever is killed, answers are on their way."""
OK = 200


class Kind(StrEnum):
    """Of a request."""

    WHOLE = "whole"
    STREAM = "stream"
    BROKEN = "broken"
    EMBEDDING = "embedding"
    SPEECH = "speech"


SHARES = {Kind.WHOLE: 40, Kind.STREAM: 30, Kind.BROKEN: 20, Kind.EMBEDDING: 5, Kind.SPEECH: 5}
"""Of a hundred requests."""


@dataclass(frozen=True)
class Request:
    """What is asked."""

    kind: Kind
    words: int
    """Of the prompt."""
    tokens: int
    """Of the answer."""
    breaks_after: int = 0
    """Tokens, of a stream that is broken off."""
    form: str = "json"
    """Of a transcription."""

    @property
    def path(self) -> str:
        """Of its route."""
        paths = {Kind.EMBEDDING: EMBEDDINGS, Kind.SPEECH: TRANSCRIPTIONS}
        return paths.get(self.kind, CHAT if self.words % 2 else COMPLETIONS)

    def build_body(self) -> dict[str, Any]:
        """JSON of all but speech."""
        text = "word " * self.words
        if self.kind is Kind.EMBEDDING:
            return {"input": text}
        asked = {"messages": [{"role": "user", "content": text}]} if self.path == CHAT else {"prompt": text}
        broken = {"stall_after": self.breaks_after} if self.kind is Kind.BROKEN else {}
        stream = {"stream": True} if self.kind in {Kind.STREAM, Kind.BROKEN} else {}
        return {**asked, "max_tokens": self.tokens, **stream, "engine": {"token_delay": TOKEN} | broken}


def plan_requests(count: int, random: Random, shares: Mapping[Kind, int] = SHARES) -> Iterator[Request]:
    """So many, in these shares."""
    for kind in random.choices(list(shares), list(shares.values()), k=count):
        tokens = random.randint(2, LONGEST)
        yield Request(kind, random.randint(1, 40), tokens, random.randint(1, tokens - 1), random.choice(FORMATS))


@dataclass
class Heard:
    """What the clients saw."""

    statuses: Counter[int] = field(default_factory=Counter)
    """By status; 0: none came, or not to its end."""
    used: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Tokens of prompt and completion, by request id, as the answer told them last."""
    whole: set[str] = field(default_factory=set)
    """Ids of requests that were answered to the end."""
    broken: set[str] = field(default_factory=set)
    """Ids of those that the client broke off."""


TRIES = 1500
"""While nobody listens: five minutes, the longest that Kubernetes waits before it starts a container again."""


class Crowd:
    """So many clients of one instance, each with one request after the other on a connection that lasts."""

    def __init__(self, url: str, headers: dict[str, str], clients: int = 16) -> None:
        self.heard = Heard()
        self._url, self._headers, self._clients = url, headers, clients
        self._speech = SPEECH.read_bytes()

    async def ask_all(self, requests: Iterable[Request], pause: float = 0.0) -> Heard:
        """Each of them once, however it ends; `pause`: seconds that a client waits after each."""
        waiting = iter(requests)
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(self._url, headers=self._headers, connector=connector) as session:

            async def ask() -> None:
                for request in waiting:
                    for _ in range(TRIES):
                        if await self._ask(session, request):
                            break
                        await asyncio.sleep(0.2)
                    await asyncio.sleep(pause)

            async with asyncio.TaskGroup() as group:
                for _ in range(self._clients):
                    group.create_task(ask())
        return self.heard

    async def _ask(self, session: aiohttp.ClientSession, request: Request) -> bool:
        """False: nobody listened, and nothing was sent."""
        body = {"data": self._build_form(request)} if request.kind is Kind.SPEECH else {"json": request.build_body()}
        status = 0
        try:
            async with session.post(request.path, timeout=aiohttp.ClientTimeout(30), **body) as answer:
                identity = answer.headers.get("x-request-id", "")
                if request.kind is Kind.BROKEN and answer.status == OK:
                    await self._break_off(answer, identity, request.breaks_after)
                elif request.kind is Kind.STREAM and answer.status == OK:
                    await self._read_stream(answer, identity)
                elif answer.status == OK:
                    await self._read_whole(answer, identity)
                status = answer.status
        except aiohttp.ClientConnectorError:
            return False
        except (aiohttp.ClientError, TimeoutError, OSError):
            await asyncio.sleep(0.1)  # a part of the way is gone: it takes its time to be back
        self.heard.statuses[status] += 1
        return True

    async def _read_whole(self, answer: aiohttp.ClientResponse, identity: str) -> None:
        text = await answer.text()
        if answer.content_type == "application/json" and "prompt_tokens" in text:
            self.heard.used[identity] = read_usage(json.loads(text))
        self.heard.whole.add(identity)

    async def _read_stream(self, answer: aiohttp.ClientResponse, identity: str) -> None:
        async for used in read_events(answer):
            self.heard.used[identity] = used
        self.heard.whole.add(identity)

    async def _break_off(self, answer: aiohttp.ClientResponse, identity: str, after: int) -> None:
        async for used in read_events(answer):
            self.heard.used[identity] = used
            if used[1] >= after:
                self.heard.broken.add(identity)
                answer.close()
                return

    def _build_form(self, request: Request) -> aiohttp.FormData:
        form = aiohttp.FormData({"response_format": request.form})
        form.add_field("file", self._speech, filename="hello.wav", content_type="audio/wav")
        return form


async def read_events(answer: aiohttp.ClientResponse) -> AsyncIterator[tuple[int, int]]:
    """What was used until each event. Raises ConnectionError where the stream ends before its end."""
    async for line in answer.content:
        if line.startswith(b"data: [DONE]"):
            return
        if line.startswith(b"data: {"):
            event = json.loads(line.removeprefix(b"data: "))
            if "error" in event:
                break
            yield read_usage(event)
    raise ConnectionError("the stream ended before its end")


def read_usage(said: dict[str, Any]) -> tuple[int, int]:
    """Tokens of prompt and completion, of an answer or an event."""
    return said["usage"]["prompt_tokens"], said["usage"].get("completion_tokens", 0)

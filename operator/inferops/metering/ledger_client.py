"""Asks the ledger: the meter brings records, control asks what keys have spent, the REST API for reports."""

import asyncio
import io
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import orjson

from inferops.errors import LedgerRefused, LedgerUnavailable
from inferops.settings import Settings

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0
"""For an answer, and between two pieces of a file: a batch is stored in well under a second."""
LONGEST_REFUSAL = 4096
"""Bytes that are read of one."""
REFUSALS = {400, 404, 413, 422}
"""Of a ledger that understood. Anything else may be another one's answer, and may pass."""
TRUSTED = "ledger.crt"
FILES = ("tls.crt", "tls.key", TRUSTED)
Params = Mapping[str, str] | Sequence[tuple[str, str]]
Identity = tuple[tuple[int, int], ...]
"""Of the files, by which a change of them is seen."""


@dataclass(frozen=True)
class Stored:
    """What became of a batch, in lines."""

    stored: int
    known: int
    """Stored before: the batch, or part of it, came a second time."""
    unreadable: int


def build_ledger_client(settings: Settings, patience: float = ANSWER_SECONDS) -> "LedgerClient | None":
    """Of this installation; None where it has no ledger. `patience`: seconds that it waits for an answer."""
    folder = settings.gateway.peer_certificates
    url = settings.ledger_url
    return LedgerClient(url, Path(folder) if folder else None, patience) if url else None


class LedgerClient:
    """Use as an async context manager. `certificates`: folder of tls.crt, tls.key and ledger.crt, read again when they
    change; None where the ledger speaks plain HTTP. All methods raise LedgerUnavailable and LedgerRefused.
    """

    def __init__(self, url: str, certificates: Path | None = None, patience: float = ANSWER_SECONDS) -> None:
        self._url = url.rstrip("/")
        self._certificates = certificates
        self._patience = patience
        self._identity: Identity = ()
        self._tls: ssl.SSLContext | bool = True
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session:
            await self._session.close()

    async def store(self, lines: bytes, meter: str) -> Stored:
        """Bring records: whole lines of JSON, at most 5,000 and 8 MiB. When this returns they are stored for good."""
        headers = {"content-type": "application/x-ndjson", "x-meter": meter}
        said = await self._ask_json("POST", "/v1/records", data=io.BytesIO(lines), headers=headers)
        counts = [said.get(name) for name in ("stored", "known", "unreadable")]
        numbers = [count for count in counts if isinstance(count, int)]
        if len(numbers) != len(counts) or sum(numbers) != sum(1 for line in lines.splitlines() if line.strip()):
            raise LedgerUnavailable(f"the ledger does not say what became of each line: {counts}", "nonsense")
        return Stored(*numbers)

    async def spent(self, keys: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        """By key (`<namespace>/<name>`): `since` (RFC 3339) and `pending` (ids) -> `spent` (decimal text) and `stored`,
        those of the pending ids that are in the sum.
        """
        return await self._ask_json("POST", "/v1/spent", data=orjson.dumps({"keys": keys}))

    async def report(self, params: Params) -> dict[str, Any]:
        """Rows of use and spend, as `GET /v1/reports` has them."""
        return await self._ask_json("GET", "/v1/reports", params=params)

    async def timeline(self, params: Params) -> dict[str, Any]:
        """An instance's last hours, as `GET /v1/timeline` has them."""
        return await self._ask_json("GET", "/v1/timeline", params=params)

    async def prices(self, params: Params) -> dict[str, Any]:
        """The history of prices, as `GET /v1/prices` has it."""
        return await self._ask_json("GET", "/v1/prices", params=params)

    @asynccontextmanager
    async def export(self, params: Params) -> AsyncIterator[AsyncIterator[bytes]]:
        """Pieces of a file as they come, once it is clear that there is one; raises where it breaks off."""
        async with self._ask("GET", "/v1/export", params=params) as answer:
            yield answer.content.iter_any()

    async def _ask_json(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        try:
            async with asyncio.timeout(self._patience), self._ask(method, path, **request) as answer:
                return read_object(await answer.read())
        except TimeoutError as error:  # an answer that comes byte by byte
            raise read_failure(error) from None

    @asynccontextmanager
    async def _ask(self, method: str, path: str, **request: Any) -> AsyncIterator[aiohttp.ClientResponse]:
        """An answer of 200. What goes wrong while it is read is told like what goes wrong before."""
        try:
            session, tls = self._open(), self._read_tls()
            async with session.request(
                method, f"{self._url}{path}", ssl=tls, allow_redirects=False, **request
            ) as answer:
                if answer.status != 200:
                    raise read_refusal(answer.status, await answer.content.read(LONGEST_REFUSAL))
                yield answer
        except (aiohttp.ClientError, OSError) as error:
            raise read_failure(error) from None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=self._patience)
            self._session = aiohttp.ClientSession(timeout=timeout)
        return self._session

    def _read_tls(self) -> ssl.SSLContext | bool:
        """Of the certificates as they are now: connections made with others are used no more. Raises OSError."""
        if self._certificates and (identity := read_identity(self._certificates)) != self._identity:
            self._tls, self._identity = build_tls(self._certificates), identity
        return self._tls


def read_identity(folder: Path) -> Identity:
    """Of the files there, without reading them. Raises OSError."""
    found = ((folder / name).stat() for name in FILES)
    return tuple((each.st_ino, each.st_mtime_ns) for each in found)


def build_tls(folder: Path) -> ssl.SSLContext:
    """Our certificate, and trust in the ledger's and in no other. Raises OSError and ssl.SSLError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(folder / TRUSTED)
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    return context


def read_object(body: bytes) -> dict[str, Any]:
    """Raises LedgerUnavailable where the answer is none of a ledger's."""
    try:
        said = orjson.loads(body)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise LedgerUnavailable(f"the ledger's answer is no JSON object: {body[:80]!r}", "nonsense")
    return said


def read_refusal(status: int, body: bytes) -> LedgerRefused | LedgerUnavailable:
    """What an answer that is not 200 means."""
    try:
        words = orjson.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        words = ""
    if status in REFUSALS and isinstance(words, str) and words:
        return LedgerRefused(words)
    return LedgerUnavailable(f"the ledger answers {status}{f': {words}' if words else ''}", "status")


def read_failure(error: Exception) -> LedgerUnavailable:
    """In words of ours, with one for metrics."""
    match error:
        case aiohttp.ClientSSLError() | ssl.SSLError():
            reason = "tls"
        case TimeoutError():
            reason = "timeout"
        case aiohttp.ClientConnectorError() | FileNotFoundError():
            reason = "refused"
        case _:
            reason = "reset"
    return LedgerUnavailable(f"the ledger does not answer: {str(error) or type(error).__name__}", reason)

"""A thin client of the API server: JSON in and out, server-side apply, errors that say what the API server said.

aiohttp and orjson, because a server-side apply costs a third of the CPU that the generated clients take.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Self

import aiohttp
import orjson

from inferops.cluster import metrics
from inferops.cluster.answers import build_error
from inferops.cluster.connection import Connection
from inferops.cluster.depth import read_json
from inferops.cluster.fence import FENCED, FencedBody
from inferops.cluster.operations import JSON, OPERATIONS
from inferops.cluster.pause import LONGEST_SECONDS, Pause, is_away
from inferops.cluster.resources import RESOURCES
from inferops.errors import ClusterError, Conflict, NotFound
from inferops.names import FIELD_MANAGER, Manifest

TOO_MANY_REQUESTS, PATIENCE = 429, 5
"""How often a request that the API server puts off is sent before its caller hears of it."""
REQUEST_TIMEOUT = aiohttp.ClientTimeout(total=30, sock_connect=10)
FIELD_VALIDATION = "Ignore"
"""An apply refuses unknown fields at any level of validation. The stricter ones look for a field that is given twice,
which JSON of ours has not, by parsing everything again: a sixth of what an apply costs the API server.
"""
PAGE, LISTS = 250, 2
"""Objects in one answer of a list, and such requests at once: bounds the memory of both sides, and for how long the
event loop parses.
"""
WATCH_SECONDS = 300
"""The API server ends a watch after this long; the next one begins where it stopped."""
SILENCE = 75
"""Seconds without a byte (bookmarks come every 60) after which a watch counts as dead."""
LINE_LIMIT = 8 * 1024 * 1024
"""Bytes of one watch event: more than etcd stores in an object."""

Manifests = list[Manifest]


@dataclass(frozen=True)
class Scope:
    """Which objects of a kind; an empty namespace means all namespaces."""

    namespace: str = ""
    selector: str = ""
    field_selector: str = ""

    def query(self) -> dict[str, str]:
        """The selectors as the API server reads them."""
        pairs = {"labelSelector": self.selector, "fieldSelector": self.field_selector}
        return {name: value for name, value in pairs.items() if value}


class Client:
    """One API server. Writes pass only while `may_write()` is true; all requests wait while the API server is away or
    has asked for a pause. Use as an async context manager.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        connections: int = 32,
        may_write: Callable[[], bool] = lambda: True,
        longest_pause: float = LONGEST_SECONDS,
    ) -> None:
        self.connection = connection
        self._connections = connections
        self._pause = Pause(longest_pause)
        self._lists = asyncio.Semaphore(LISTS)
        self.may_write = may_write

    async def __aenter__(self) -> Self:
        tls, proxy = self.connection.tls(), self.connection.proxy
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._connections, ssl=tls), timeout=REQUEST_TIMEOUT, proxy=proxy
        )
        self._watches = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, ssl=tls), proxy=proxy)
        return self

    async def __aexit__(self, *_: object) -> None:
        for session in (self._session, self._watches):
            if session.connector:
                await session.connector.close(abort_ssl=True)
            await session.close()

    async def get(self, kind: str, namespace: str, name: str) -> Manifest:
        """One object. Raises NotFound."""
        return await self._request("GET", kind, RESOURCES[kind].path(namespace, name))

    async def list(self, kind: str, *, namespace: str = "", selector: str = "", field_selector: str = "") -> Manifests:
        """All objects that the selectors match; an empty namespace means all namespaces."""
        return (await self.read_list(kind, Scope(namespace, selector, field_selector)))[0]

    async def read_list(self, kind: str, scope: Scope) -> tuple[Manifests, str]:
        """As list, with the resourceVersion from which a watch goes on."""
        found, version = list[Manifest](), ""
        async for page, version in self.read_pages(kind, scope):  # noqa: B007 - the last one's, as all of them
            found += page
        return found, version

    async def read_pages(self, kind: str, scope: Scope) -> AsyncGenerator[tuple[Manifests, str], None]:
        """A list in parts, at least one; all are of the same resourceVersion, from which a watch goes on."""
        resource = RESOURCES[kind]
        known = {"apiVersion": resource.api_version, "kind": kind}
        query = {"limit": str(PAGE), **scope.query()}
        while True:
            async with self._lists:
                page = await self._request("LIST", kind, resource.path(scope.namespace), query)
            metadata = page["metadata"]
            yield [{**item, **known} for item in page["items"]], metadata["resourceVersion"]
            if not (more := metadata.get("continue")):
                return
            query["continue"] = more

    async def watch(self, kind: str, version: str, scope: Scope) -> AsyncGenerator[Manifest, None]:
        """Events `{type, object}` after `version`, bookmarks too, until the API server ends the stream.
        Close it (contextlib.aclosing) when leaving early.
        """
        query = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": version,
            "timeoutSeconds": str(WATCH_SECONDS),
            **scope.query(),
        }
        path = RESOURCES[kind].path(scope.namespace)
        async with self.stream("WATCH", kind, path, query, silence=SILENCE, buffer=LINE_LIMIT) as content:
            try:
                async for line in content:
                    yield read_json(line)
            except ValueError as error:
                raise ClusterError(f"watch of {kind} broke: {error}") from error

    @asynccontextmanager
    async def stream(
        self, verb: str, kind: str, path: str, query: Mapping[str, str], *, silence: float, buffer: int
    ) -> AsyncIterator[aiohttp.StreamReader]:
        """The body of an answer that may never end, of which about `buffer` bytes are read ahead. It counts as broken
        after `silence` seconds without a byte. Raises ClusterError, also while it is read.
        """
        url = self.connection.server + path
        timeout = aiohttp.ClientTimeout(sock_connect=10, sock_read=silence)
        headers = self._headers(JSON)
        await self._pause.wait()
        try:
            async with self._watches.get(
                url, params=query, headers=headers, timeout=timeout, read_bufsize=buffer
            ) as response:
                metrics.API_REQUESTS.labels(verb, kind, response.status).inc()
                if response.status != 200:
                    raise build_error(kind, response.status, await response.read())
                try:
                    yield response.content
                finally:
                    if response.connection and response.connection.transport:
                        response.connection.transport.abort()  # else TLS says its farewell after the loop has ended
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ClusterError(f"{verb.lower()} of {kind} broke: {error or type(error).__name__}") from error

    async def apply(
        self,
        manifest: Manifest,
        *,
        manager: str = FIELD_MANAGER,
        subresource: str = "",
        dry_run: bool = False,
        force: bool = True,
    ) -> Manifest:
        """Server-side apply: creates the object or makes the manifest's fields so, and drops fields that `manager`
        applied before and the manifest no longer has. Without `force`, Conflict when another manager owns one.
        """
        query = {"fieldManager": manager, "force": str(force).lower(), "fieldValidation": FIELD_VALIDATION}
        return await self._write("APPLY", manifest, query=query | rehearse(dry_run), subresource=subresource)

    async def create(self, manifest: Manifest, *, manager: str = FIELD_MANAGER, dry_run: bool = False) -> Manifest:
        """Create. Raises Conflict when the name is taken."""
        return await self._write("CREATE", manifest, query={"fieldManager": manager, **rehearse(dry_run)})

    async def replace(self, manifest: Manifest, *, manager: str = FIELD_MANAGER) -> Manifest:
        """Update the whole object. Raises Conflict when its resourceVersion is not the newest."""
        return await self._write("UPDATE", manifest, query={"fieldManager": manager})

    async def patch(
        self, kind: str, namespace: str, name: str, patch: Mapping[str, Any], *, subresource: str = ""
    ) -> Manifest:
        """JSON merge patch (RFC 7386). Raises NotFound."""
        query = {"fieldManager": FIELD_MANAGER}
        return await self._write("PATCH", _target(kind, namespace, name), query, body=patch, subresource=subresource)

    async def edit(self, obj: Manifest, operations: Manifests, *, manager: str, dry_run: bool = False) -> Manifest:
        """JSON patch (RFC 6902), which can set null. Raises NotFound, and Conflict where `obj` is not the newest."""
        newest = {"op": "replace", "path": "/metadata/resourceVersion", "value": obj["metadata"]["resourceVersion"]}
        query = {"fieldManager": manager, **rehearse(dry_run)}
        return await self._write("EDIT", obj, query, body=[newest, *operations])

    async def delete(self, kind: str, namespace: str, name: str, *, uid: str | None = None) -> None:
        """Delete; the garbage collector takes what it owned. Fine: absent, or another object by now (`uid`)."""
        options: Manifest = {"propagationPolicy": "Background"}
        if uid:
            options["preconditions"] = {"uid": uid}
        with suppress(NotFound, Conflict):
            await self._write("DELETE", _target(kind, namespace, name), {}, body=options)

    async def _write(
        self,
        operation: str,
        manifest: Manifest,
        query: Mapping[str, str],
        *,
        subresource: str = "",
        body: Mapping[str, Any] | Manifests | None = None,
    ) -> Manifest:
        if not self.may_write():
            raise ClusterError(FENCED)
        kind, metadata = manifest["kind"], manifest["metadata"]
        name = "" if operation == "CREATE" else metadata["name"]
        path = RESOURCES[kind].path(metadata.get("namespace", ""), name, subresource)
        return await self._request(operation, kind, path, query, body=manifest if body is None else body)

    async def _request(
        self,
        verb: str,
        kind: str,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        body: Mapping[str, Any] | Manifests | None = None,
    ) -> Manifest:
        """One request and its answer, sent again where the API server puts it off. Raises ClusterError, its class by
        status.
        """
        for patience in reversed(range(PATIENCE)):
            begun = await self._pause.wait()
            status, wish, raw = await self._send(verb, kind, path, query, body, begun)
            if status < 400:
                self._pause.succeeded()
                answer: Manifest = read_json(raw)
                return answer
            error = build_error(kind, status, raw)
            if is_away(error):
                self._pause.failed(begun, wish)
            else:
                self._pause.succeeded()
            if status != TOO_MANY_REQUESTS or not patience:
                break
        raise error

    async def _send(
        self,
        verb: str,
        kind: str,
        path: str,
        query: Mapping[str, str] | None,
        body: Mapping[str, Any] | Manifests | None,
        begun: float,
    ) -> tuple[int, float, bytes]:
        """Status, seconds of Retry-After and text of the answer. Raises ClusterError where none comes."""
        method, content = OPERATIONS[verb]
        url, headers = self.connection.server + path, self._headers(content)
        data = None if body is None else FencedBody(orjson.dumps(body), self._leave(verb))
        try:
            async with self._session.request(method, url, params=query, data=data, headers=headers) as response:
                raw, status = await response.read(), response.status
                wish = response.headers.get("retry-after", "")
        except (aiohttp.ClientError, TimeoutError) as error:
            metrics.API_REQUESTS.labels(verb, kind, 0).inc()
            if body is not None and not self._leave(verb)():
                raise ClusterError(FENCED) from error
            self._pause.failed(begun)
            raise ClusterError(f"the API server did not answer: {error or type(error).__name__}") from error
        metrics.API_REQUESTS.labels(verb, kind, status).inc()
        metrics.API_SECONDS.labels(verb).observe(time.monotonic() - begun)
        return status, float(wish) if wish.isdigit() else 0.0, raw

    def _leave(self, verb: str) -> Callable[[], bool]:
        return (lambda: True) if verb == "REVIEW" else self.may_write

    def _headers(self, content: str) -> dict[str, str]:
        authorization = self.connection.authorization()
        headers = {"accept": JSON, "accept-encoding": "identity", "content-type": content}
        return {**headers, **({"authorization": authorization} if authorization else {})}


def rehearse(dry_run: bool) -> dict[str, str]:
    """What asks the API server to judge a write, and not to do it."""
    return {"dryRun": "All"} if dry_run else {}


def _target(kind: str, namespace: str, name: str) -> Manifest:
    return {"kind": kind, "metadata": {"namespace": namespace, "name": name}}

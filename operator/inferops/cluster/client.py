"""A thin client of the API server: JSON in and out, server-side apply, errors that say what the API server said.

aiohttp and orjson, because a server-side apply costs a third of the CPU that the generated clients take.
"""

import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

import aiohttp
import orjson

from inferops.cluster import metrics
from inferops.cluster.connection import Connection
from inferops.cluster.resources import RESOURCES
from inferops.errors import ClusterError, Conflict, NotFound, Rejected
from inferops.names import FIELD_MANAGER, Manifest

JSON = "application/json"
OPERATIONS = {
    "APPLY": ("PATCH", "application/apply-patch+yaml"),
    "PATCH": ("PATCH", "application/merge-patch+json"),
    "CREATE": ("POST", JSON),
    "UPDATE": ("PUT", JSON),
    "DELETE": ("DELETE", JSON),
}
"""HTTP method and content type of each write."""
REQUEST_TIMEOUT = aiohttp.ClientTimeout(total=30, sock_connect=10)
PAGE = 500
"""Objects in one answer of a list: bounds the memory of both sides."""
WATCH_SECONDS = 300
"""The API server ends a watch after this long; the next one begins where it stopped."""
SILENCE = 75
"""Seconds without a byte (bookmarks come every 60) after which a watch counts as dead."""
LINE_LIMIT = 8 * 1024 * 1024
"""Bytes of one watch event: more than etcd stores in an object."""

BAD_PATCH = ("failed to create typed patch object", "failed to convert new object")
"""How the API server begins its answer, with status 500, to an apply with a field that the kind does not have or with
a value that it cannot read.
"""

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
    """One API server. Writes pass only while `may_write()` is true. Use as an async context manager."""

    def __init__(
        self, connection: Connection, *, connections: int = 32, may_write: Callable[[], bool] = lambda: True
    ) -> None:
        self._connection = connection
        self._connections = connections
        self.may_write = may_write

    async def __aenter__(self) -> Self:
        tls, proxy = self._connection.tls(), self._connection.proxy
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._connections, ssl=tls), timeout=REQUEST_TIMEOUT, proxy=proxy
        )
        self._watches = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=tls),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=SILENCE),
            read_bufsize=LINE_LIMIT,
            proxy=proxy,
        )
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
        resource = RESOURCES[kind]
        query = {"limit": str(PAGE), **scope.query()}
        found: Manifests = []
        while True:
            page = await self._request("GET", kind, resource.path(scope.namespace), query)
            found += page["items"]
            if not (more := page["metadata"].get("continue")):
                break
            query["continue"] = more
        known = {"apiVersion": resource.api_version, "kind": kind}
        return [{**item, **known} for item in found], page["metadata"]["resourceVersion"]

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
        url = self._connection.server + RESOURCES[kind].path(scope.namespace)
        try:
            async with self._watches.get(url, params=query, headers=self._headers({})) as response:
                if response.status != 200:
                    raise _error(kind, response.status, await response.read())
                try:
                    async for line in response.content:
                        yield orjson.loads(line)
                finally:
                    if response.connection and response.connection.transport:
                        response.connection.transport.abort()  # else TLS says its farewell after the loop has ended
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise ClusterError(f"watch of {kind} broke: {error or type(error).__name__}") from error

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
        query = {"fieldManager": manager, "force": str(force).lower(), "fieldValidation": "Strict"}
        if dry_run:
            query["dryRun"] = "All"
        return await self._write("APPLY", manifest, query=query, subresource=subresource)

    async def create(self, manifest: Manifest) -> Manifest:
        """Create. Raises Conflict when the name is taken."""
        return await self._write("CREATE", manifest, query={"fieldManager": FIELD_MANAGER})

    async def replace(self, manifest: Manifest, *, manager: str = FIELD_MANAGER) -> Manifest:
        """Update the whole object. Raises Conflict when its resourceVersion is not the newest."""
        return await self._write("UPDATE", manifest, query={"fieldManager": manager})

    async def patch(
        self, kind: str, namespace: str, name: str, patch: Mapping[str, Any], *, subresource: str = ""
    ) -> Manifest:
        """JSON merge patch (RFC 7386). Raises NotFound."""
        query = {"fieldManager": FIELD_MANAGER}
        return await self._write("PATCH", _target(kind, namespace, name), query, body=patch, subresource=subresource)

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
        body: Mapping[str, Any] | None = None,
    ) -> Manifest:
        if not self.may_write():
            raise ClusterError("this replica does not hold the Lease, so it writes nothing")
        kind, metadata = manifest["kind"], manifest["metadata"]
        verb, content = OPERATIONS[operation]
        name = "" if verb == "POST" else metadata["name"]
        path = RESOURCES[kind].path(metadata.get("namespace", ""), name, subresource)
        answer = await self._request(
            verb, kind, path, query, headers={"content-type": content}, body=manifest if body is None else body
        )
        if "dryRun" not in query:
            metrics.API_WRITES.labels(kind, operation).inc()
        return answer

    async def _request(
        self,
        verb: str,
        kind: str,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Manifest:
        """One request and its answer. Raises ClusterError, its class by status."""
        begun = time.perf_counter()
        try:
            async with self._session.request(
                verb,
                self._connection.server + path,
                params=query,
                data=None if body is None else orjson.dumps(body),
                headers=self._headers(headers or {}),
            ) as response:
                raw, status = await response.read(), response.status
        except (aiohttp.ClientError, TimeoutError) as error:
            metrics.API_ERRORS.labels(kind, 0).inc()
            raise ClusterError(f"the API server did not answer: {error or type(error).__name__}") from error
        metrics.API_SECONDS.labels(verb).observe(time.perf_counter() - begun)
        if status >= 400:
            if status != 404:  # asking whether something exists is no error
                metrics.API_ERRORS.labels(kind, status).inc()
            raise _error(kind, status, raw)
        answer: Manifest = orjson.loads(raw)
        return answer

    def _headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        authorization = self._connection.authorization()
        return {"accept": JSON, **headers, **({"authorization": authorization} if authorization else {})}


def _target(kind: str, namespace: str, name: str) -> Manifest:
    return {"kind": kind, "metadata": {"namespace": namespace, "name": name}}


def _error(kind: str, status: int, raw: bytes) -> ClusterError:
    """The class by status, the sentence as the API server put it. In a namespace that goes, all counts as gone."""
    try:
        answer = orjson.loads(raw)
        message, causes = str(answer["message"]), (answer.get("details") or {}).get("causes") or []
    except (orjson.JSONDecodeError, KeyError, TypeError):
        message, causes = raw[:200].decode(errors="replace").strip() or f"HTTP {status}", []
    if any(cause.get("reason") == "NamespaceTerminating" for cause in causes):
        return NotFound(f"{kind}: {message}", 404)
    if message.startswith(BAD_PATCH):
        return Rejected(f"{kind}: {message}", 422)
    classes = {404: NotFound, 409: Conflict, 400: Rejected, 403: Rejected, 422: Rejected}
    return classes.get(status, ClusterError)(f"{kind}: {message}", status)

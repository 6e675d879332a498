"""Reads for people's commands: with whatever rights they have, and without ever writing.

What may not be read, or is not there to be read, is told and does not end the rest.
"""

import time
from typing import Any

from inferops.cluster.answers import build_error
from inferops.cluster.client import Client, Scope
from inferops.cluster.connection import Connection
from inferops.cluster.resources import RESOURCES
from inferops.errors import ClusterError, NotFound
from inferops.plan.seen import Seen

REVIEW = "/apis/authorization.k8s.io/v1/subjectaccessreviews"


class Inspector(Client):
    """One API server. Use as an async context manager."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, connections=16, may_write=lambda: False, longest_pause=1.0)

    async def see(self, kind: str, namespace: str, name: str) -> Seen:
        """One object, or none."""
        try:
            return Seen([await self.get(kind, namespace, name)])
        except NotFound:
            return Seen([])
        except ClusterError as error:
            return Seen([], refusal=str(error))

    async def see_all(self, kind: str, scope: Scope | None = None) -> Seen:
        """All objects of a kind in a scope, managedFields included."""
        try:
            return Seen((await self.read_list(kind, scope or Scope()))[0])
        except NotFound:
            return Seen([], served=False)
        except ClusterError as error:
            return Seen([], refusal=str(error))

    async def read_path(self, path: str) -> Any:
        """The JSON at a path of the API server, such as /version. Raises ClusterError."""
        return await self._request("GET", "path", path)

    async def read_text(self, path: str) -> str:
        """The text at a path of the API server, such as /metrics. Raises ClusterError."""
        status, _, raw = await self._send("GET", "path", path, None, None, time.monotonic())
        if status >= 400:
            raise build_error("path", status, raw)
        return raw.decode(errors="replace")

    async def is_allowed(self, user: str, verb: str, kind: str, namespace: str = "") -> bool:
        """Whether a user may do it; `kind` may end in a subresource, as Deployment/scale. Asking (by a
        SubjectAccessReview) changes nothing. Raises ClusterError.
        """
        name, _, subresource = kind.partition("/")
        resource = RESOURCES[name]
        group = resource.api_version.rpartition("/")[0]
        attributes = {"verb": verb, "group": group, "resource": resource.plural, "namespace": namespace}
        spec = {"user": user, "resourceAttributes": attributes | {"subresource": subresource}}
        answer = await self._request("REVIEW", "path", REVIEW, body={"spec": spec})
        return bool(answer["status"]["allowed"])

"""Reads for people's commands: with whatever rights they have, and without ever writing.

What may not be read, or is not there to be read, is told and does not end the rest.
"""

from typing import Any, NamedTuple

from inferops.cluster.client import Client, Scope
from inferops.cluster.connection import Connection
from inferops.cluster.resources import RESOURCES
from inferops.errors import ClusterError, NotFound
from inferops.names import Manifest

REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


class Seen(NamedTuple):
    """What a look gave."""

    objects: list[Manifest]
    refusal: str = ""
    """Why it could not be looked at, in the API server's words; empty where it could."""
    served: bool = True
    """False where the API server does not know the kind: its CRD is not installed."""

    @property
    def first(self) -> Manifest | None:
        """The only object, or None."""
        return self.objects[0] if self.objects else None


class Inspector(Client):
    """One API server. Use as an async context manager."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, connections=16, may_write=lambda: False)

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

    async def is_allowed(self, verb: str, kind: str, namespace: str = "") -> bool:
        """Whether we may do it (SelfSubjectAccessReview, which changes nothing). Raises ClusterError."""
        resource = RESOURCES[kind]
        group = resource.api_version.rpartition("/")[0]
        attributes = {"verb": verb, "group": group, "resource": resource.plural, "namespace": namespace}
        review = {"spec": {"resourceAttributes": attributes}}
        answer = await self._request("REVIEW", "path", REVIEW, body=review)
        return bool(answer["status"]["allowed"])

"""Answers `/v1/models` of the shared host, which Envoy asks about as it asks about requests to cold instances. So no
virtual host is kept for each key, and nothing changes in Envoy when a key may use one model more.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import orjson
from envoy.config.core.v3.base_pb2 import HeaderValue, HeaderValueOption
from envoy.service.auth.v3.external_auth_pb2 import CheckResponse, DeniedHttpResponse
from envoy.type.v3.http_status_pb2 import OK, HttpStatus, NotFound
from google.rpc.code_pb2 import PERMISSION_DENIED
from google.rpc.status_pb2 import Status

from inferops.control.keyring import LiveKeyring
from inferops.gateway.headers import CLIENT_HEADER
from inferops.gateway.listings import build_listing, find_answer
from inferops.gateway.routes import Route

JSON = HeaderValueOption(header=HeaderValue(key="content-type", value="application/json"))


class Listings:
    """Which routes each client may use, as of the last `follow`."""

    def __init__(self, keyring: LiveKeyring) -> None:
        self._keyring = keyring
        self._routes: defaultdict[str, dict[str, Route]] = defaultdict(dict)
        """By client id; of those for everybody, by namespace. Client ids have a slash, namespaces have none."""

    def follow(self, before: Route | None, after: Route | None) -> None:
        """An instance came, changed or went."""
        for key in readers(before):
            self._routes[key].pop(before.id if before else "", None)
            if not self._routes[key]:
                del self._routes[key]
        for key in readers(after):
            if after is not None:
                self._routes[key][after.id] = after

    def of(self, client: str) -> list[Route]:
        """The routes of its namespace that it may use."""
        namespace = client.partition("/")[0]
        own = self._routes.get(client, {}).values()
        public = self._routes.get(namespace, {}).values()
        return [route for route in (*own, *public) if route.namespace == namespace]

    def check(self, request: Any) -> Any:
        """A CheckResponse whose refusal is the answer."""
        http = request.attributes.request.http
        client = http.headers.get(CLIENT_HEADER, "")
        found = find_answer(http.path, build_listing(self.of(client))) if client in self._keyring.clients else None
        status, body = (OK, orjson.dumps(found).decode()) if found else (NotFound, "")
        denied = DeniedHttpResponse(status=HttpStatus(code=status), headers=[JSON], body=body)
        return CheckResponse(status=Status(code=PERMISSION_DENIED), denied_response=denied)


def readers(route: Route | None) -> Iterable[str]:
    """Under which keys of `Listings` a route stands."""
    if route is None or not route.models:
        return ()
    return (route.namespace,) if route.clients is None else route.clients

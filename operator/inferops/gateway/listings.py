"""`/v1/models` on the shared host: what a key may use, also at zero. Envoy answers it by itself, so nothing wakes.

Source: https://platform.openai.com/docs/api-reference/models
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from envoy.config.core.v3.base_pb2 import DataSource
from envoy.config.route.v3.route_components_pb2 import DirectResponseAction, RouteMatch, VirtualHost
from envoy.config.route.v3.route_components_pb2 import Route as RouteEntry

from inferops.gateway.credentials import build_auth
from inferops.gateway.headers import set_header
from inferops.gateway.keys import Keyring
from inferops.gateway.routes import Route
from inferops.gateway.virtual_hosts import TABLE

PATH = "/v1/models"
PATH_CHARACTERS = "/:@!$&'()*+,;=~"
"""What a path may have beside letters and digits (RFC 3986)."""


@dataclass(frozen=True, slots=True, order=True)
class Listed:
    """One model of a list."""

    model: str
    namespace: str
    created: int


def build_listings(routes: Iterable[Route], keyring: Keyring) -> dict[str, tuple[Listed, ...]]:
    """By client id: the models of the key's namespace that it may use."""
    listings: dict[str, list[Listed]] = {client: [] for clients in keyring.callers.values() for client in clients}
    namespaces: dict[str, list[str]] = defaultdict(list)
    for client in listings:
        namespaces[client.partition("/")[0]].append(client)
    for route in routes:
        listed = [Listed(model, route.namespace, route.created) for model in route.models]
        for client in namespaces[route.namespace] if route.clients is None else route.clients:
            if listed and client.startswith(f"{route.namespace}/"):
                listings[client] += listed
    return {client: tuple(sorted(listed)) for client, listed in sorted(listings.items())}


def listing_name(client: str) -> str:
    """Resource name of a key's listing: a slash would end the route table's name."""
    return f"{TABLE}/models:{client.replace('/', ':')}"


def build_listing(client: str, listed: Iterable[Listed]) -> Any:
    """The virtual host that answers one key."""
    models = [describe(each) for each in listed]
    answers: Mapping[str, Any] = {
        PATH: {"object": "list", "data": models},
        **{f"{PATH}/{quote(model['id'], safe=PATH_CHARACTERS)}": model for model in models},
    }
    return VirtualHost(
        name=listing_name(client),
        domains=[f"l:{client}"],
        routes=[build_answer(path, body) for path, body in answers.items()],
        typed_per_filter_config={"auth": build_auth((client,))},
    )


def describe(listed: Listed) -> dict[str, Any]:
    """OpenAI's model object."""
    return {"id": listed.model, "object": "model", "created": listed.created, "owned_by": listed.namespace}


def build_answer(path: str, body: Any) -> Any:
    """200 with a JSON body."""
    return RouteEntry(
        name="models",
        match=RouteMatch(path=path),
        direct_response=DirectResponseAction(status=200, body=DataSource(inline_string=json.dumps(body))),
        response_headers_to_add=[set_header("content-type", "application/json")],
    )

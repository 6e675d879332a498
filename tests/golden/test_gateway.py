"""Instances, keys and endpoints in; our routes, and what Envoy is told, out."""

import dataclasses
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf.json_format import MessageToDict

from inferops.control.world import World
from inferops.gateway.clusters import build_cluster, build_endpoints
from inferops.gateway.credentials import build_credentials
from inferops.gateway.listings import build_listing, build_listings
from inferops.gateway.virtual_hosts import build_virtual_host
from inferops.settings import Settings
from inferops.specs.crd import dump

Manifest = dict[str, Any]
CASES = Path(__file__).parent / "gateway"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NAMES = sorted(path.name.removesuffix(".in.yaml") for path in CASES.glob("*.in.yaml"))


class Documents:
    """The objects of one kind in a case."""

    def __init__(self, objects: list[Manifest]) -> None:
        self._objects = objects

    def values(self) -> list[Manifest]:
        return self._objects


def build_output(documents: list[Manifest]) -> Manifest:
    kinds = ("InferenceInstance", "Model", "ApiKey", "Secret", "EndpointSlice")
    stores = {kind: Documents([doc for doc in documents if doc["kind"] == kind]) for kind in kinds}
    world = World(stores, Settings())
    keyring = world.build_keyring(NOON)
    routes = world.build_routes(keyring)
    listings = build_listings(routes.values(), keyring)
    output = {
        "conflicts": {"/".join(key): sentences for key, sentences in world.claims.conflicts.items()},
        "routes": [dataclasses.asdict(route) for route in routes.values()],
        "credentials": MessageToDict(build_credentials(keyring)[0]),
        "clusters": [MessageToDict(build_cluster(route)) for route in routes.values()],
        "endpoints": [MessageToDict(build_endpoints(route)) for route in routes.values()],
        "virtualHosts": [MessageToDict(build_virtual_host(route, held=route.cold)) for route in routes.values()],
        "listings": [MessageToDict(build_listing(client, own)) for client, own in listings.items()],
    }
    plain: Manifest = json.loads(json.dumps(output, sort_keys=True))
    return plain


@pytest.mark.parametrize("name", NAMES)
def test_the_gateway_is_told_what_the_golden_file_says(name: str, golden: Callable[[Path, str], None]) -> None:
    documents = [doc for doc in yaml.safe_load_all((CASES / f"{name}.in.yaml").read_text()) if doc]
    golden(CASES / f"{name}.out.yaml", dump(build_output(documents)))

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

from inferops.control.listings import Listings
from inferops.control.world import World, build_stores
from inferops.gateway.claims import claim_names
from inferops.gateway.clusters import build_cluster, build_endpoints
from inferops.gateway.credentials import build_credentials
from inferops.gateway.listings import build_listing
from inferops.gateway.virtual_hosts import build_virtual_host
from inferops.settings import Settings
from inferops.specs.base import read_spec
from inferops.specs.catalog import ModelSpec
from inferops.specs.crd import dump

Manifest = dict[str, Any]
CASES = Path(__file__).parent / "gateway"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NAMES = sorted(path.name.removesuffix(".in.yaml") for path in CASES.glob("*.in.yaml"))


def build_output(documents: list[Manifest]) -> Manifest:
    stores = build_stores()
    for obj in documents:
        stores[obj["kind"]].put(obj)
    world, settings = World(stores, Settings()), Settings()
    world.update_routes(world.all(), world.update_keys(world.all(), NOON))
    routes = dict(sorted(world.routes.items()))
    models = {obj["metadata"]["name"]: read_spec(ModelSpec, obj) for obj in documents if obj["kind"] == "Model"}
    claims = claim_names(world.instances.values(), models, settings)
    listings = Listings(world.keyring)
    for route in routes.values():
        listings.follow(None, route)
    output = {
        "conflicts": {"/".join(key): sentences for key, sentences in claims.conflicts.items()},
        "routes": [dataclasses.asdict(route) for route in routes.values()],
        "credentials": MessageToDict(build_credentials(world.keyring.credentials)[0]),
        "clusters": [MessageToDict(build_cluster(route)) for route in routes.values()],
        "endpoints": [MessageToDict(build_endpoints(route)) for route in routes.values()],
        "virtualHosts": [MessageToDict(build_virtual_host(route, held=route.cold)) for route in routes.values()],
        "listings": {client: build_listing(listings.of(client)) for client in sorted(world.keyring.clients)},
    }
    plain: Manifest = json.loads(json.dumps(output, sort_keys=True))
    return plain


@pytest.mark.parametrize("name", NAMES)
def test_the_gateway_is_told_what_the_golden_file_says(name: str, golden: Callable[[Path, str], None]) -> None:
    documents = [doc for doc in yaml.safe_load_all((CASES / f"{name}.in.yaml").read_text()) if doc]
    golden(CASES / f"{name}.out.yaml", dump(build_output(documents)))

"""What control keeps by the change is what it would work out from scratch."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from inferops.cluster.store import Store
from inferops.control.world import World, build_stores, touched_by
from inferops.gateway.claims import claim_names
from inferops.gateway.endpoints import read_endpoints
from inferops.gateway.instances import Instance, read_instance
from inferops.gateway.keys import build_keyring, read_api_key, read_hash_secret
from inferops.gateway.routes import Route, build_route
from inferops.names import Manifest, instance_id
from inferops.specs.base import read_spec
from inferops.specs.catalog import ModelSpec
from tests.gateway.objects import SETTINGS, api_key, endpoint_slice, instance, key_hash, model

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SEQUENCES, CHANGES = 100, 20
NAMESPACES, NAMES = ("a", "b"), ("one", "two", "three")
HOSTS = ("chat.example.com", "api.gw.test", f"{instance_id('a', 'one')}.gw.test")


def build_object(rng: random.Random, now: datetime) -> Manifest:
    """Anything that control watches; few names, so that they meet."""
    namespace, name, day = rng.choice(NAMESPACES), rng.choice(NAMES), rng.randrange(1, 4)
    kind = rng.choice(("instance", "instance", "key", "key", "hash", "hash", "slice", "model"))
    if kind == "model":
        return model(name, **rng.choice(({}, {"servedName": "Same/Name"}, {"servedName": "same/name"})))
    if kind == "slice":
        pods = [(f"10.0.0.{host}", 8000, rng.random() < 0.7) for host in range(rng.randrange(3))]
        return endpoint_slice(name, *pods, namespace=namespace)
    if kind == "key":
        key = rng.choice(({}, {"disabled": True}, {"scopes": ["manage"]}, {"limits": {"requestsPerMinute": 5}}))
        ends = {"expiresAt": (now + timedelta(seconds=rng.randrange(-2, 5))).strftime("%Y-%m-%dT%H:%M:%SZ")}
        return api_key(name, namespace=namespace, **key, **rng.choice(({}, ends)))
    if kind == "hash":
        following = rng.choice((None, "shared", "next"))
        return key_hash(name, rng.choice(("shared", "secret", name)), namespace=namespace, following=following)
    given = rng.choice(({"model": rng.choice(NAMES)}, {"model": None, "image": "x.test/y:1", "containerPort": 80}))
    spec = {
        **given,
        **rng.choice(({"apiKeys": rng.sample(NAMES, 2)}, {"auth": "None"})),
        **rng.choice(({}, {"stopped": True}, {"weight": day}, {"ingress": {"host": rng.choice(HOSTS)}})),
    }
    return instance(name, namespace=namespace, created=f"2026-01-0{day}T00:00:00Z", **spec)


def build_from_scratch(stores: dict[str, Store], now: datetime) -> tuple[dict[str, str], dict[str, Route]]:
    """Credentials and routes of everything."""

    def read(kind: str) -> list[Manifest]:
        return [obj for name in stores[kind].names() if (obj := stores[kind].get(*name))]

    secrets = {(obj["metadata"]["namespace"], obj["metadata"]["name"]): read_hash_secret(obj) for obj in read("Secret")}
    keyring = build_keyring(map(read_api_key, read("ApiKey")), secrets, now)
    instances = [read_instance(obj) for obj in read("InferenceInstance")]
    models = {obj["metadata"]["name"]: read_spec(ModelSpec, obj) for obj in read("Model")}
    claims = claim_names(instances, models, SETTINGS)
    slices = stores["EndpointSlice"]
    endpoints = {each.key: read_endpoints(each, slices.referring("InferenceInstance", *each.key)) for each in instances}
    routes = {each.id: build_route(each, claims, keyring, endpoints[each.key]) for each in instances}
    return dict(keyring.credentials), routes


@pytest.mark.parametrize("seed", range(SEQUENCES))
def test_after_any_changes_it_is_as_if_built_from_scratch(seed: int) -> None:
    rng, now, stores = random.Random(seed), NOON, build_stores()  # noqa: S311  no secrets
    world, known = World(stores, SETTINGS), dict[str, Route]()
    for _ in range(CHANGES):
        changed = []
        for _ in range(rng.randrange(1, 4)):
            obj = build_object(rng, now)
            meta = obj["metadata"]
            if rng.random() < 0.3:
                stores[obj["kind"]].drop(meta.get("namespace", ""), meta["name"])
            else:
                stores[obj["kind"]].put(obj)
            changed.append(touched_by(obj))
        now += timedelta(seconds=rng.randrange(3))
        routes = world.update_routes(changed, world.update_keys(changed, now))
        known = {key: route for key, route in (known | routes).items() if route}
        credentials, expected = build_from_scratch(stores, now)
        assert world.keyring.credentials == credentials
        assert world.routes == expected
        assert known == expected, "every change was told"


def test_one_change_is_told_of_alone() -> None:
    stores, count = build_stores(), 50
    for number in range(count):
        name = f"chat-{number}"
        for obj in (instance(name, model=None, image="x.test/y:1", containerPort=80, apiKeys=[name]), api_key(name)):
            stores[obj["kind"]].put(obj)
    world = World(stores, SETTINGS)
    assert len(world.update_routes(world.all(), world.update_keys(world.all(), NOON))) == count
    secret = key_hash("chat-7", "sk-7")
    stores["Secret"].put(secret)
    concerned = world.update_keys([touched_by(secret)], NOON)
    (route,) = world.update_routes([touched_by(secret)], concerned).values()
    assert route
    assert route.clients == ("team/chat-7",)


ELDER, YOUNGER = ("team-192", "twin3106"), ("team-2146", "twin3106")
"""Two names that somebody looked for: the ids are the same."""


def put_twin(world: World, stores: dict[str, Store], key: tuple[str, str], created: str) -> set[str]:
    """Ids of which the route is another one now."""
    own = {"model": None, "image": "x.test/y:1", "containerPort": 80, "auth": "None"}
    obj = instance(key[1], namespace=key[0], created=created, **own)
    stores["InferenceInstance"].put(obj)
    return {route_id for route_id, route in world.update_routes([touched_by(obj)], ()).items() if route}


def drop_twin(world: World, stores: dict[str, Store], key: tuple[str, str]) -> None:
    stores["InferenceInstance"].drop(*key)
    world.update_routes([("InferenceInstance", *key)], ())


@pytest.mark.parametrize("first", [ELDER, YOUNGER], ids=["the elder is first", "the younger is first"])
def test_an_id_that_two_instances_have_is_the_elders(first: tuple[str, str]) -> None:
    shared, stores = instance_id(*ELDER), build_stores()
    assert instance_id(*YOUNGER) == shared
    world, created = World(stores, SETTINGS), {ELDER: "2026-01-01T00:00:00Z", YOUNGER: "2026-01-02T00:00:00Z"}

    def owner() -> str:
        (route,) = world.routes.values()
        assert route.hosts == (f"{shared}.gw.test",)
        return route.namespace

    for key in sorted(created, key=lambda key: key != first):
        put_twin(world, stores, key, created[key])
    assert owner() == ELDER[0]
    assert put_twin(world, stores, YOUNGER, created[YOUNGER]) == set(), "a change of the younger changes nothing"
    drop_twin(world, stores, YOUNGER)
    assert owner() == ELDER[0]
    put_twin(world, stores, YOUNGER, created[YOUNGER])
    drop_twin(world, stores, ELDER)
    assert owner() == YOUNGER[0]
    drop_twin(world, stores, YOUNGER)
    assert world.routes == {}


def test_an_object_that_cannot_be_read_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(obj: Manifest) -> Instance:
        if obj["metadata"]["name"] == "poison":
            raise RecursionError
        return read_instance(obj)

    monkeypatch.setattr("inferops.control.world.read_instance", read)
    stores = build_stores()
    for name in ("poison", "chat"):
        stores["InferenceInstance"].put(instance(name, model=None, image="x.test/y:1", containerPort=80))
    world = World(stores, SETTINGS)
    world.update_routes(world.all(), ())
    assert list(world.routes) == [instance_id("team", "chat")]

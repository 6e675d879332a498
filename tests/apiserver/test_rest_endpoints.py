"""What a key of scope inference learns: whose it is, what it may call, and where."""

import pytest

from inferops.names import Manifest, instance_id
from tests.support.eventually import eventually
from tests.support.operator_world import MODEL, build
from tests.support.rest import Rest, make_key

REGIONS = [{"region": "nowhere", "scale": {"min": 1, "max": 1}}]
IMAGE: Manifest = {"image": "example.test/engine:1", "containerPort": 8000, "hardware": "none", "regions": REGIONS}
SPECS: dict[str, Manifest] = {
    "given": {"apiKeys": ["app"]},
    "both": {"apiKeys": ["app", "other"]},
    "others": {"apiKeys": ["other"]},
    "nobodys": {},
    "public": {"auth": "None"},
}


@pytest.fixture
async def app(rest: Rest) -> str:
    """The key "app" of scope inference; it may call three of five instances."""
    for name, spec in SPECS.items():
        await rest.client.create(build("InferenceInstance", name, {**IMAGE, **spec}, rest.namespace))
    return await make_key(rest.client, rest.namespace, "app", scopes=["inference"])


async def names(rest: Rest, key: str) -> list[str]:
    async with rest.as_other(key) as http:
        answer = await http.get("/endpoints")
        return [each["_id"] for each in answer.json()] if answer.is_success else []


async def test_a_key_of_scope_inference_says_whose_it_is(rest: Rest, app: str) -> None:
    async def identity() -> Manifest | None:
        async with rest.as_other(app) as http:
            answer = await http.get("/me")
            return dict(answer.json()) if answer.is_success else None

    found = await eventually(identity, within=10)
    assert found is not None
    assert (found["namespace"], found["name"], found["scopes"]) == (rest.namespace, "app", ["inference"])


async def test_a_key_sees_what_lets_it_in_and_nothing_else(rest: Rest, app: str) -> None:
    async def sees() -> list[str]:
        return await names(rest, app)

    async def sees_all() -> bool:
        return await sees() == ["both", "given", "public"]

    async def sees_one_more() -> bool:
        return await sees() == ["both", "given", "others", "public"]

    await eventually(sees_all, within=10)
    patch = {"spec": {"apiKeys": ["app"]}}
    await rest.client.patch("InferenceInstance", rest.namespace, "others", patch)
    await eventually(sees_one_more, within=10)


async def test_a_key_that_may_only_manage_may_call_what_is_public(rest: Rest, app: str) -> None:
    assert app
    await rest.client.patch("InferenceInstance", rest.namespace, "nobodys", {"spec": {"apiKeys": ["manager"]}})

    async def is_listed() -> bool:
        detail = await rest.http.get("/instances/nobodys")
        return detail.is_success and detail.json()["apiKeysIds"] == ["manager"]

    await eventually(is_listed, within=10)
    assert await names(rest, rest.key) == ["public"]


async def test_where_and_by_which_name_it_answers(rest: Rest) -> None:
    key = await make_key(rest.client, rest.namespace, "app", scopes=["inference", "manage"])
    model = f"e-{rest.namespace}"
    catalog: dict[str, Manifest] = {
        "of-the-catalog": {"model": model},
        "of-a-model-that-is-gone": {"model": "gone"},
        "own-image": IMAGE,
    }
    for name, spec in catalog.items():
        own = {**spec, "regions": REGIONS, "apiKeys": ["app"]}
        await rest.client.create(build("InferenceInstance", name, own, rest.namespace))
    await rest.client.create(
        build("Model", model, {**MODEL, "servedName": "Tiny/Chat", "features": ["chat", "vision"]})
    )

    async def served() -> dict[str, Manifest] | None:
        async with rest.as_other(key) as http:
            answer = await http.get("/endpoints")
        found = {each["_id"]: each for each in answer.json()} if answer.is_success else {}
        return found if len(found) == len(catalog) and found["of-the-catalog"]["model"] else None

    found = await eventually(served, within=10)
    assert found is not None
    models = {name: (each["model"], each["features"]) for name, each in found.items()}
    assert models == {
        "of-the-catalog": ("Tiny/Chat", ["chat", "vision"]),
        "of-a-model-that-is-gone": (None, []),
        "own-image": ("own-image", []),
    }
    for name, each in found.items():
        assert each["path"] == f"v2/{instance_id(rest.namespace, name)}/openai/v1"

"""What lists tell besides the fields of the AI Inference API: prices, room, and what the operator found."""

from collections.abc import Awaitable, Callable

import pytest

from inferops.names import STATUS_MANAGER, Manifest
from tests.support.eventually import eventually
from tests.support.operator_world import HARDWARE, MODEL, build
from tests.support.rest import Rest

Find = Callable[[str, str], Awaitable[Manifest]]
SINCE = "2030-01-01T00:00:00Z"
REFUSED = {"type": "Verified", "status": "False", "reason": "Unauthorized", "message": "It refuses the password."}
SPENT = {"type": "WithinBudget", "status": "False", "reason": "BudgetSpent", "message": "All is spent."}
NEARLY = {"type": "WithinBudget", "status": "True", "reason": "BudgetNearlySpent", "message": "80 % are spent."}
FINE = {"type": "WithinLimits", "status": "True", "reason": "WithinLimits", "message": "No request was refused."}


@pytest.fixture
def find(rest: Rest) -> Find:
    """The row of a list with that id or name."""

    async def find(path: str, name: str) -> Manifest:
        rows = (await rest.http.get(path)).json()
        found = [row for row in rows if name in (row.get("_id"), row.get("id"), row.get("name"))]
        assert found, f"{path} has no {name}"
        return dict(found[0])

    return find


async def write_status(rest: Rest, kind: str, name: str, status: Manifest, namespace: str | None = None) -> None:
    namespace = rest.namespace if namespace is None else namespace
    obj = await rest.client.get(kind, namespace, name)
    manifest = {**build(kind, name, {}, namespace), "status": status}
    del manifest["spec"]
    generation = {"observedGeneration": obj["metadata"]["generation"]} if namespace else {}
    manifest["status"] = {**status, **generation}
    await rest.client.apply(manifest, manager=STATUS_MANAGER, subresource="status")


def condition(given: Manifest) -> Manifest:
    return {**given, "lastTransitionTime": SINCE}


async def test_a_model_tells_its_name_in_requests_and_its_prices(rest: Rest, find: Find) -> None:
    name = f"m-{rest.namespace}"
    prices = {"inputPerMillionTokens": "0.50", "outputPerMillionTokens": "1"}
    await rest.client.create(build("Model", name, {**MODEL, "servedName": "tiny", "prices": prices}))
    await rest.client.create(
        build("Model", f"{name}-free", {**MODEL, "engine": "Whisper", "source": "hf://a/b", "servedName": None})
    )

    async def is_told() -> bool:
        priced, free = [await find("/models", each) for each in (name, f"{name}-free")]
        assert (priced["servedName"], priced["prices"]) == ("tiny", {**prices, "perAudioMinute": None})
        assert (free["servedName"], free["prices"], free["engine"]) == ("a/b", None, "Whisper")
        return True

    await eventually(is_told, within=5)


async def test_a_region_tells_its_price_factor_and_how_much_of_its_room_is_free(rest: Rest, find: Find) -> None:
    name, number = f"r-{rest.namespace}", int(rest.namespace[-6:], 16)
    await rest.client.create(build("Hardware", name, HARDWARE))
    await rest.client.create(build("Region", name, {"id": number, "priceFactor": "1.25"}))
    counted = {"hardware": name, "capacity": 3}
    await write_status(rest, "Region", name, {"capacities": [counted]}, "")

    async def is_told(total: int | None) -> bool:
        region = await find("/regions", name)
        expected = [{"hardwareId": name, "capacity": 3, "total": total}]
        return bool((region["priceFactor"], region["capacities"]) == (1.25, expected))

    await eventually(lambda: is_told(None), within=5)
    await write_status(rest, "Region", name, {"capacities": [{**counted, "total": 8}]}, "")
    await eventually(lambda: is_told(8), within=5)


async def test_a_registry_tells_what_it_answered_and_who_keeps_it(rest: Rest, find: Find) -> None:
    made = build("Registry", "mine", {"url": "ghcr.io"}, rest.namespace)
    made["metadata"]["annotations"] = {"argocd.argoproj.io/tracking-id": "shop:inferops.dev/Registry:a/mine"}
    await rest.client.create(made)

    async def is_told(**expected: object) -> bool:
        registry = await find("/registries", "mine")
        return registry == (await rest.http.get("/registries/mine")).json() and expected.items() <= registry.items()

    keeper = 'Argo CD application "shop"'
    await eventually(lambda: is_told(status="Pending", message=None, checkedAt=None, keptBy=keeper), within=5)
    await write_status(rest, "Registry", "mine", {"lastChecked": SINCE, "conditions": [condition(REFUSED)]})
    told = {"status": "Unauthorized", "message": REFUSED["message"], "checkedAt": "2030-01-01T00:00:00.000Z"}
    await eventually(lambda: is_told(**told), within=5)
    await rest.client.patch("Registry", rest.namespace, "mine", {"spec": {"url": "quay.io"}})
    await eventually(lambda: is_told(url="quay.io", status="Pending", message=None), within=5)


@pytest.mark.parametrize(
    ("found", "warnings"), [(SPENT, [SPENT["message"]]), (NEARLY, [NEARLY["message"]])], ids=["spent", "nearly"]
)
async def test_a_key_tells_what_its_budget_has_come_to(
    rest: Rest, find: Find, found: Manifest, warnings: list[str]
) -> None:
    spec = {"budget": {"amount": "25", "period": "month"}}
    await rest.client.create(build("ApiKey", "batch", spec, rest.namespace))
    replaced = [{"prefix": "inf-9a", "expiresAt": SINCE}]
    conditions = [condition(found), condition(FINE)]
    status = {"spent": "24.9", "spentSince": SINCE, "replaced": replaced, "conditions": conditions}
    await write_status(rest, "ApiKey", "batch", status)
    moment = "2030-01-01T00:00:00.000Z"

    async def is_told() -> bool:
        key = await find("/api-keys", "batch")
        assert (key["spent"], key["spentSince"], key["warnings"]) == ("24.9", moment, warnings)
        assert key["replaced"] == [{"prefix": "inf-9a", "expiresAt": moment}]
        return True

    await eventually(is_told, within=5)


async def test_the_currency_of_all_prices_is_told_with_who_one_is(rest: Rest) -> None:
    assert (await rest.http.get("/me")).json()["currencyCode"] == "USD"

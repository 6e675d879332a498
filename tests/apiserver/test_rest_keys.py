"""API keys by REST, with the operator that publishes their hashes."""

import asyncio

import httpx
import pytest

from inferops.errors import ClusterError
from inferops.names import Manifest
from tests.support.eventually import eventually
from tests.support.operator_process import OperatorProcess
from tests.support.operator_world import build
from tests.support.rest import Rest, make_key

EVERYTHING = {
    "name": "Nightly batch",
    "description": "d",
    "scopes": ["inference", "manage"],
    "expiresAt": "2031-02-03T04:05:06.000Z",
    "limits": {"requestsPerMinute": 60, "tokensPerMinute": 1000},
    "budget": {"amount": 12.5, "period": "month"},
    "rotationOverlap": 30,
}


async def create(rest: Rest, **body: object) -> Manifest:
    answer = await rest.http.post("/api-keys", json={"name": "batch", "scopes": ["manage"], **body})
    assert answer.status_code == 201, answer.text
    made: Manifest = answer.json()
    return made


async def is_manager(rest: Rest, key: str) -> bool:
    return (await rest.as_other(key).get("/me")).is_success


async def test_a_key_opens_as_soon_as_it_is_told(rest: Rest, operator: OperatorProcess) -> None:
    made = await create(rest)
    assert (await rest.as_other(made["secret"]).get("/me")).json() == {
        "namespace": rest.namespace,
        "name": "batch",
        "scopes": ["manage"],
        "currencyCode": "USD",
    }
    assert operator.running


async def test_a_key_has_what_was_asked_for(rest: Rest, operator: OperatorProcess) -> None:
    answer = await rest.http.post("/api-keys", json=EVERYTHING)
    assert answer.status_code == 201
    made = answer.json()
    assert made["_id"] == "nightly-batch"
    assert {field: made[field] for field in EVERYTHING} == EVERYTHING
    assert answer.headers["cache-control"] == "no-store"
    assert made["status"] == "Ready"
    assert made["prefix"] == made["secret"][:6]
    assert operator.running


async def test_the_key_is_in_no_other_answer(rest: Rest, operator: OperatorProcess) -> None:
    secret = (await create(rest))["secret"]
    answers = [
        await rest.http.get("/api-keys"),
        await rest.http.get("/api-keys/batch"),
        await rest.http.patch("/api-keys/batch", json={"description": "x"}),
    ]
    assert all(answer.is_success and secret not in answer.text for answer in answers)
    assert "secret" not in answers[1].json()
    assert operator.running


async def test_a_patch_changes_what_it_names(rest: Rest) -> None:
    await make_key(rest.client, rest.namespace, "batch", description="before", expiresAt="2031-01-01T00:00:00Z")
    answer = await rest.http.patch("/api-keys/batch", json={"disabled": True, "expiresAt": None})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["description"], answer.json()["disabled"], answer.json()["expiresAt"]) == (
        "before",
        True,
        None,
    )
    spec = (await rest.client.get("ApiKey", rest.namespace, "batch"))["spec"]
    assert spec == {"scopes": ["manage"], "description": "before", "disabled": True, "rotationOverlap": 0}


async def test_a_disabled_key_is_shut_at_once(rest: Rest) -> None:
    other = await make_key(rest.client, rest.namespace, "batch")
    await eventually(lambda: is_manager(rest, other))
    await rest.http.patch("/api-keys/batch", json={"disabled": True})
    assert (await rest.as_other(other).get("/me")).status_code == 401


async def test_a_rotated_key_gives_way_after_the_overlap(rest: Rest, operator: OperatorProcess) -> None:
    old = (await create(rest))["secret"]
    answer = await rest.http.post("/api-keys/batch/rotate", json={"rotationOverlap": 3})
    assert answer.status_code == 200, answer.text
    new = answer.json()["secret"]
    assert new != old
    assert await is_manager(rest, new)
    assert await is_manager(rest, old)

    async def is_over() -> bool:
        return not await is_manager(rest, old)

    await eventually(is_over, within=10)
    assert await is_manager(rest, new)
    assert operator.running


async def test_a_rotated_key_without_overlap_is_shut_at_once(rest: Rest, operator: OperatorProcess) -> None:
    old = (await create(rest))["secret"]
    new = (await rest.http.post("/api-keys/batch/rotate")).json()["secret"]
    assert (await is_manager(rest, old), await is_manager(rest, new)) == (False, True)
    assert operator.running


async def test_a_key_that_the_operator_made_is_rotated_too(rest: Rest, operator: OperatorProcess) -> None:
    await rest.client.create(build("ApiKey", "made", {"scopes": ["manage"], "rotate": "one"}, rest.namespace))
    await eventually(lambda: read_made(rest), within=10)
    answer = await rest.http.post("/api-keys/made/rotate")
    assert answer.status_code == 200, answer.text
    assert await is_manager(rest, answer.json()["secret"])
    await operator.quiesce()
    assert await is_manager(rest, answer.json()["secret"]), "the operator takes it for the key"


async def read_made(rest: Rest) -> bool:
    return bool((await rest.http.get("/api-keys/made")).json().get("status") == "Ready")


async def test_of_several_who_rotate_at_once_one_has_the_key_that_opens(rest: Rest, operator: OperatorProcess) -> None:
    await create(rest)
    answers = await asyncio.gather(*(rest.http.post("/api-keys/batch/rotate") for _ in range(4)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    await operator.quiesce()
    told = [answer.json()["secret"] for answer in answers if answer.is_success]
    opened = [secret for secret in told if await is_manager(rest, secret)]
    assert len(opened) == 1


async def test_a_key_of_the_users_own_secret_is_not_rotated(rest: Rest) -> None:
    spec = {"scopes": ["manage"], "secretRef": {"name": "mine", "key": "token"}}
    await rest.client.create(build("ApiKey", "batch", spec, rest.namespace))
    answer = await rest.http.post("/api-keys/batch/rotate")
    assert answer.status_code == 409
    assert 'Secret "mine"' in answer.json()["detail"]


async def test_a_deleted_key_is_shut_at_once(rest: Rest) -> None:
    other = await make_key(rest.client, rest.namespace, "batch")
    await eventually(lambda: is_manager(rest, other))
    assert (await rest.http.delete("/api-keys/batch")).status_code == 204
    assert (await rest.as_other(other).get("/me")).status_code == 401
    assert (await rest.http.get("/api-keys/batch")).status_code == 404


async def test_an_attached_key_is_not_deleted_and_its_instances_are_named(rest: Rest) -> None:
    await make_key(rest.client, rest.namespace, "batch")
    spec = {"model": "m", "apiKeys": ["batch"], "regions": [{"region": "r", "scale": {"min": 1, "max": 1}}]}
    await rest.client.create(build("InferenceInstance", "chat", spec, rest.namespace))

    async def is_named() -> bool:
        return bool((await rest.http.get("/api-keys/batch")).json()["instanceIds"] == ["chat"])

    await eventually(is_named)
    answer = await rest.http.delete("/api-keys/batch")
    assert answer.status_code == 409
    assert "chat" in answer.json()["detail"]
    assert await rest.client.get("ApiKey", rest.namespace, "batch")


async def test_a_name_whose_secret_is_taken_leaves_no_half_key(rest: Rest) -> None:
    metadata = {"name": "batch", "namespace": rest.namespace}
    await rest.client.create({"apiVersion": "v1", "kind": "Secret", "metadata": metadata})
    answer = await rest.http.post("/api-keys", json={"name": "batch"})
    assert answer.status_code == 409
    assert 'Secret "batch"' in answer.json()["detail"]
    assert (await rest.http.get("/api-keys/batch")).status_code == 404


async def test_a_key_is_told_also_while_no_operator_runs(rest: Rest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inferops.api.key_secrets.SECONDS", 0.1)
    made = await create(rest)
    assert made["status"] == "Pending"
    assert made["secret"].startswith("inf-")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"scopes": ["all"]}, "scopes[0]"),
        ({"scopes": []}, "scopes"),
        ({"expiresAt": 1893456000}, "expiresAt"),
        ({"expiresAt": "2030-01-01T00:00:00"}, "expiresAt"),
        ({"limits": {"requestsPerMinute": 0}}, "limits.requestsPerMinute"),
        ({"budget": {"amount": -1, "period": "day"}}, "budget.amount"),
        ({"budget": {"amount": 1, "period": "year"}}, "budget.period"),
        ({"secret": "chosen-by-me"}, "secret"),
        ({"name": ""}, "name"),
    ],
)
async def test_a_wrong_field_is_named(rest: Rest, body: Manifest, field: str) -> None:
    answer = await rest.http.post("/api-keys", json={"name": "batch", **body})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert "chosen-by-me" not in answer.text


async def test_a_key_that_is_sent_again_is_made_once_and_not_told_again(rest: Rest, operator: OperatorProcess) -> None:
    headers, body = {"idempotency-key": "k1"}, {"name": "batch"}
    first = await rest.http.post("/api-keys", json=body, headers=headers)
    again = await rest.http.post("/api-keys", json=body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["idempotent-replayed"] == "true"
    assert (again.json()["_id"], again.json()["secret"]) == ("batch", None)
    assert first.json()["secret"]
    assert operator.running


async def test_a_rotation_that_is_sent_again_rotates_once_and_tells_the_key_once(
    rest: Rest, operator: OperatorProcess
) -> None:
    await create(rest)
    headers, body = {"idempotency-key": "k1"}, {"rotationOverlap": 30}
    first = await rest.http.post("/api-keys/batch/rotate", json=body, headers=headers)
    again = await rest.http.post("/api-keys/batch/rotate", json=body, headers=headers)
    assert (first.status_code, again.status_code) == (200, 200)
    assert (again.json(), again.headers["idempotent-replayed"]) == ({**first.json(), "secret": None}, "true")
    assert await is_manager(rest, first.json()["secret"])
    assert (await rest.http.post("/api-keys/batch/rotate", headers=headers)).status_code == 422, "another body"
    other = await rest.http.post("/api-keys/batch/rotate", headers={"idempotency-key": "k2"})
    assert other.json()["secret"] not in {first.json()["secret"], None}
    assert "idempotent-replayed" not in other.headers
    assert operator.running


async def test_of_rotations_with_one_idempotency_key_at_once_one_is_made(rest: Rest, operator: OperatorProcess) -> None:
    await create(rest)
    headers = {"idempotency-key": "k1"}
    calls = [rest.http.post("/api-keys/batch/rotate", headers=headers) for _ in range(4)]
    answers: list[httpx.Response] = await asyncio.gather(*calls)
    assert [answer.status_code for answer in answers] == [200] * 4
    (secret,) = [told for answer in answers if (told := answer.json()["secret"])]
    assert await is_manager(rest, secret)
    assert operator.running


async def test_a_rotation_that_failed_is_made_when_it_is_sent_again(
    rest: Rest, operator: OperatorProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = (await create(rest))["secret"]
    headers = {"idempotency-key": "k1"}
    with monkeypatch.context() as patch:
        patch.setattr(rest.services.writer, "fill_secret", fail)
        assert (await rest.http.post("/api-keys/batch/rotate", headers=headers)).status_code == 503
    assert await is_manager(rest, old)
    again = await rest.http.post("/api-keys/batch/rotate", headers=headers)
    assert again.status_code == 200
    assert await is_manager(rest, again.json()["secret"])
    assert operator.running


async def fail(_: Manifest) -> None:
    """The API server is away for this one write."""
    raise ClusterError("away")


async def test_many_keys_at_once_are_all_told(rest: Rest, operator: OperatorProcess) -> None:
    answers: list[httpx.Response] = await asyncio.gather(
        *(rest.http.post("/api-keys", json={"name": f"key-{number}", "scopes": ["manage"]}) for number in range(10))
    )
    assert {answer.status_code for answer in answers} == {201}
    opened = await asyncio.gather(*(is_manager(rest, answer.json()["secret"]) for answer in answers))
    assert all(opened)
    assert operator.running

"""Registries by REST, with the operator that looks after them."""

from inferops.names import Manifest
from tests.support.eventually import eventually
from tests.support.operator_process import OperatorProcess
from tests.support.rest import Rest

PRIVATE = {"name": "mine", "url": "registry.invalid", "username": "me", "password": "first"}


async def list_passwords(rest: Rest) -> list[Manifest]:
    secrets = await rest.client.list("Secret", namespace=rest.namespace)
    return [each for each in secrets if "-password-" in each["metadata"]["name"]]


async def wait_asked(rest: Rest) -> None:
    """Until the operator has made the pull Secret, and has looked at the Registry as it is now."""

    async def is_asked() -> bool:
        registry = (await rest.http.get("/registries/mine")).json()
        assert registry["checkedAt"], registry
        return bool(registry["status"] == "Unreachable")

    await eventually(is_asked, within=20)


async def test_the_password_of_a_registry_outlives_the_operators_look(rest: Rest, operator: OperatorProcess) -> None:
    assert (await rest.http.post("/registries", json=PRIVATE)).status_code == 201
    await wait_asked(rest)
    (first,) = await list_passwords(rest)
    assert (await rest.http.patch("/registries/mine", json={"password": "second"})).status_code == 204
    await wait_asked(rest)
    (second,) = await list_passwords(rest)
    assert first["metadata"]["name"] != second["metadata"]["name"]
    assert second["metadata"]["ownerReferences"][0]["name"] == "mine"
    assert operator.running


PEM = "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n"


async def test_a_registry_of_ones_own_authority_or_without_tls_is_told_and_changed(rest: Rest) -> None:
    body = {"name": "own", "url": "registry.invalid", "caBundle": PEM}
    made = (await rest.http.post("/registries", json=body)).json()
    assert (made["caBundle"], made["insecure"]) == (PEM, False)
    assert (await rest.http.patch("/registries/own", json={"insecure": True})).status_code == 204
    changed = (await rest.http.get("/registries/own")).json()
    assert (changed["caBundle"], changed["insecure"]) == (PEM, True)
    assert (await rest.http.patch("/registries/own", json={"insecure": False, "caBundle": None})).status_code == 204
    assert (await rest.client.get("Registry", rest.namespace, "own"))["spec"] == {
        "url": "registry.invalid",
        "insecure": False,
    }


async def test_what_is_no_certificate_is_not_repeated(rest: Rest) -> None:
    for text in ("-----BEGIN PRIVATE KEY-----\nMII=\n-----END PRIVATE KEY-----\n", "", 7):
        answer = await rest.http.post("/registries", json={"name": "own", "url": "ghcr.io", "caBundle": text})
        assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (422, ["caBundle"])
        assert "PRIVATE KEY" not in answer.text
        assert answer.json()["errors"][0]["value"] is None


async def test_the_password_that_is_kept_never_goes_without_tls(rest: Rest) -> None:
    assert (await rest.http.post("/registries", json=PRIVATE)).status_code == 201
    refused = await rest.http.patch("/registries/mine", json={"insecure": True})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "password")
    for change in ({"insecure": True, "password": "second"}, {"insecure": True}, {"insecure": False}):
        assert (await rest.http.patch("/registries/mine", json=change)).status_code == 204, change


async def test_the_password_that_is_kept_never_goes_to_another_host(rest: Rest) -> None:
    """Else a change of the url alone would bring it out: the operator shows it to whatever the url names."""
    assert (await rest.http.post("/registries", json=PRIVATE)).status_code == 201
    for url in ("elsewhere.invalid", "registry.invalid:5000/team/image", "registry.invalid.elsewhere.test/team/image"):
        refused = await rest.http.patch("/registries/mine", json={"url": url})
        assert refused.status_code == 422
        assert [error["field"] for error in refused.json()["errors"]] == ["password"]
        assert "first" not in refused.text
    assert (await rest.http.get("/registries/mine")).json()["url"] == "registry.invalid"
    for change in (
        {"url": "registry.invalid/team/image:2"},
        {"url": "elsewhere.invalid", "password": "second"},
        {"url": "third.invalid", "username": None, "password": None},
        {"url": "fourth.invalid"},
    ):
        assert (await rest.http.patch("/registries/mine", json=change)).status_code == 204, change

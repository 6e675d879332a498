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

"""The REST API through the gateway, on real pods: what it makes answers, and kubectl sees what it changes."""

import json

import httpx

from tests.e2e.world import GATEWAY, World, eventually, instance

SCALING = [{"regionId": 1, "scale": {"min": 1, "max": 2}}]


def test_an_instance_made_by_rest_answers_stops_starts_and_goes(world: World, rest: httpx.Client) -> None:
    key = world.key("e2e")
    body = {"name": "Chat", "modelId": "e2e-engine", "autoScalingConfigurations": SCALING, "apiKeyIds": ["e2e"]}
    created = rest.post("/instances", json=body)
    assert created.status_code == 201, created.text
    assert (created.json()["_id"], created.json()["name"], created.json()["hourlyPrice"]) == ("chat", "Chat", 0.2)
    status = world.wait_phase("chat", "ACTIVE")
    world.wait_routable(status, key)
    assert world.chat(status, key)
    detail = eventually(lambda: find_ready(rest, "chat"), within=5)
    assert detail["address"] == status["address"]
    assert detail["currentHourlyPrice"] == 0.1
    assert rest.post("/instances/chat/stop").status_code == 204
    world.wait_phase("chat", "DISABLED")
    eventually(lambda: not world.names("pods"), within=90)
    assert rest.post("/instances/chat/start").status_code == 204
    world.wait_phase("chat", "ACTIVE")
    assert rest.delete("/instances/chat").status_code == 204
    eventually(lambda: not world.names("deploy,service,scaledobject"), within=60)
    assert rest.get("/instances/chat").status_code == 404


def find_ready(rest: httpx.Client, name: str) -> dict[str, object]:
    detail: dict[str, object] = rest.get(f"/instances/{name}").json()
    (container,) = rest.get(f"/instances/{name}").json()["containers"]
    assert container["deployStatus"] == {"total": 1, "ready": 1}
    return detail


def test_kubectl_and_rest_see_each_others_changes_within_a_second(world: World, rest: httpx.Client) -> None:
    asleep = {"min": 0, "max": 1, "triggers": {"http": {"rate": 1, "window": 10}}}
    world.apply(instance("chat", scale=asleep))
    eventually(lambda: rest.get("/instances/chat").is_success, within=1, every=0.05)
    patch = json.dumps({"spec": {"description": "by kubectl"}})
    world.kubectl("patch", "inf", "chat", "--type=merge", "-p", patch)
    eventually(lambda: rest.get("/instances/chat").json()["description"] == "by kubectl", within=1, every=0.05)
    assert rest.patch("/instances/chat", json={"description": "by REST"}).status_code == 200
    assert world.get("inf", "chat")["spec"]["description"] == "by REST"
    assert rest.get("/instances/chat").json()["description"] == "by REST"


def test_a_registry_made_by_rest_has_its_password_in_a_secret_that_goes_with_it(
    world: World, rest: httpx.Client
) -> None:
    body = {"name": "private", "url": "registry.inferops.test:5000", "username": "user", "password": "wrong-password"}
    created = rest.post("/registries", json=body)
    assert created.status_code == 201, created.text
    assert "wrong-password" not in created.text
    reference = world.get("registries.inferops.dev", "private")["spec"]["passwordSecretRef"]
    eventually(lambda: world.status("private", "registries.inferops.dev").get("verified"), within=30)
    assert rest.patch("/registries/private", json={"password": "another-password"}).status_code == 204
    changed = world.get("registries.inferops.dev", "private")["spec"]["passwordSecretRef"]
    assert changed["name"] != reference["name"]
    assert not world.get("secret", reference["name"])
    assert rest.delete("/registries/private").status_code == 204
    eventually(lambda: not world.get("secret", changed["name"]), within=30)


def test_the_documentation_comes_through_the_gateway(rest: httpx.Client) -> None:
    page = rest.get(f"{GATEWAY}/docs", headers={"host": httpx.URL(GATEWAY).host})
    assert page.is_success
    assert "https://" not in page.text
    assert rest.get(f"{GATEWAY}/openapi.json").json()["paths"]

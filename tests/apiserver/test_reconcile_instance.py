"""What one look at an instance leaves in a real API server."""

import asyncio
from typing import Any

import pytest

from inferops.cluster.client import Client
from inferops.errors import Rejected
from inferops.names import instance_id
from inferops.settings import ScalerSettings
from tests.support.apiserver import ApiServer
from tests.support.eventually import eventually
from tests.support.ports import find_free_ports
from tests.support.world import NOON, World

CHILDREN = ("Deployment", "Service", "Ingress", "NetworkPolicy", "PodDisruptionBudget", "ScaledObject")


@pytest.fixture
async def world(keda: ApiServer, client: Client, namespace: str) -> World:
    assert keda.ours
    world = World(client, namespace, keda=True)
    await world.write_catalog()
    return world


async def test_a_new_instance_gets_its_children_and_sleeps(world: World) -> None:
    await world.write_instance()
    assert await world.reconcile("InferenceInstance", "chat") is None
    name = instance_id(world.namespace, "chat")
    assert await world.names("Service") == {name, f"{name}-gateway"}
    (deployment,) = await world.client.list("Deployment", namespace=world.namespace)
    assert deployment["spec"]["replicas"] == 0
    assert await world.names("ScaledObject") == {deployment["metadata"]["name"]}
    status = (await world.get("InferenceInstance", "chat"))["status"]
    assert (status["phase"], status["ready"], status["hourlyPrice"]) == ("PENDING", "0/0", "0.40")
    assert status["address"] == f"https://{name}.inferops.local/"


async def test_keda_hears_of_an_instance_once_the_scaler_serves(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it would call it unready for half a minute."""
    monkeypatch.setattr("inferops.cluster.scaler.LOOK_SECONDS", 0)
    (port,) = find_free_ports(1)
    scaler = ScalerSettings(address=f"127.0.0.1:{port}", patience=60)
    world.settings = world.settings.model_copy(update={"scaler": scaler})
    await world.write_instance()
    assert await world.reconcile("InferenceInstance", "chat") == 2
    assert await world.names("Deployment")
    assert not await world.names("ScaledObject")
    assert (await world.condition("InferenceInstance", "chat", "Scalable"))[:2] == ("Unknown", "Waiting")
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", port)
    async with server:
        await world.reconcile("InferenceInstance", "chat")
    assert await world.names("ScaledObject") == await world.names("Deployment")
    await world.write_instance(regions=("us",))
    world.settings = world.settings.model_copy(update={"scaler": scaler.model_copy(update={"patience": 1})})
    assert await world.reconcile("InferenceInstance", "chat") == 2, "a second of patience"
    await eventually(lambda: looks_again(world), within=5)
    assert await world.names("ScaledObject") == await world.names("Deployment"), "it may be there, and out of reach"


async def looks_again(world: World) -> bool:
    return await world.reconcile("InferenceInstance", "chat") is None


async def test_a_second_look_writes_nothing(world: World) -> None:
    await world.write_instance(regions=("eu", "us"))
    await world.reconcile("InferenceInstance", "chat")
    await world.reconcile("InferenceInstance", "chat")
    before = await world.versions()
    assert len(before) > 8
    await world.reconcile("InferenceInstance", "chat")
    assert await world.versions() == before


async def test_a_deleted_or_changed_child_is_repaired_and_a_foreign_field_stays(world: World) -> None:
    await world.write_instance()
    await world.reconcile("InferenceInstance", "chat")
    (name,) = await world.names("Deployment")
    service = instance_id(world.namespace, "chat")
    await world.client.delete("Service", world.namespace, service)
    await world.client.patch("Deployment", world.namespace, name, {"metadata": {"annotations": {"team": "red"}}})
    await world.client.patch("Deployment", world.namespace, name, {"spec": {"revisionHistoryLimit": 7}})
    await world.reconcile("InferenceInstance", "chat")
    deployment = await world.get("Deployment", name)
    assert deployment["spec"]["revisionHistoryLimit"] == 3
    assert deployment["metadata"]["annotations"]["team"] == "red"
    assert service in await world.names("Service")


async def test_a_region_that_leaves_the_spec_is_cleared_away(world: World) -> None:
    await world.write_instance(regions=("eu", "us"))
    await world.reconcile("InferenceInstance", "chat")
    assert len(await world.names("Deployment")) == 2
    await world.write_instance(regions=("us",))
    await world.reconcile("InferenceInstance", "chat")
    assert len(await world.names("Deployment")) == len(await world.names("ScaledObject")) == 1


async def test_a_mistake_in_an_edit_leaves_what_runs_alone(world: World) -> None:
    await world.write_instance()
    await world.reconcile("InferenceInstance", "chat")
    before = await world.versions()
    await world.write_instance(model=f"tinny-{world.namespace}")
    await world.reconcile("InferenceInstance", "chat")
    after = await world.versions()
    instance = ("InferenceInstance", "chat")
    assert {key: value for key, value in after.items() if key != instance} == {
        key: value for key, value in before.items() if key != instance
    }
    status, reason, message = await world.condition("InferenceInstance", "chat", "Accepted")
    assert (status, reason) == ("False", "ModelNotFound")
    assert f'Did you mean "tiny-{world.namespace}"?' in message
    assert "left as it is" in message


async def test_stop_and_start_never_write_the_replicas(world: World) -> None:
    await world.write_instance()
    await world.reconcile("InferenceInstance", "chat")
    (name,) = await world.names("Deployment")
    await world.client.patch("Deployment", world.namespace, name, {"spec": {"replicas": 2}}, subresource="scale")
    await world.write_instance(stopped=True)
    await world.reconcile("InferenceInstance", "chat")
    scaled = await world.get("ScaledObject", name)
    assert scaled["metadata"]["annotations"] == {"autoscaling.keda.sh/paused-replicas": "0"}
    assert (await world.get("Deployment", name))["spec"]["replicas"] == 2
    assert (await world.get("InferenceInstance", "chat"))["status"]["phase"] == "DISABLED"
    await world.write_instance(stopped=False)
    await world.reconcile("InferenceInstance", "chat")
    assert "annotations" not in (await world.get("ScaledObject", name))["metadata"]


async def test_without_keda_the_replicas_are_fixed(world: World) -> None:
    world.cluster.stores["ScaledObject"].served = False
    await world.write_instance()
    await world.reconcile("InferenceInstance", "chat")
    (name,) = await world.names("Deployment")
    assert (await world.get("Deployment", name))["spec"]["replicas"] == 1
    assert (await world.condition("InferenceInstance", "chat", "Scalable"))[:2] == ("False", "KedaNotInstalled")


async def test_a_foreign_object_of_the_same_name_is_not_touched(world: World) -> None:
    name = instance_id(world.namespace, "chat")
    spec = {"ports": [{"port": 80}], "selector": {"app": "theirs"}}
    meta = {"name": name, "namespace": world.namespace}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec}
    await world.client.apply(service, manager="user")
    await world.write_instance()
    await world.reconcile("InferenceInstance", "chat")
    assert (await world.get("Service", name))["spec"]["selector"] == {"app": "theirs"}
    status, reason, message = await world.condition("InferenceInstance", "chat", "Accepted")
    assert (status, reason) == ("False", "NameConflict")
    assert name in message


async def test_what_the_api_server_refuses_is_told_and_tried_again(world: World) -> None:
    await world.write_instance(env=[{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "nowhere"}}}])
    with pytest.raises(Rejected):
        await world.reconcile("InferenceInstance", "chat")
    status, reason, message = await world.condition("InferenceInstance", "chat", "Progressing")
    assert (status, reason) == ("False", "Refused")
    assert "nowhere" in message
    assert (await world.get("InferenceInstance", "chat"))["status"]["phase"] == "ERROR"


def ready(status: str) -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": status, "reason": "TriggerError", "message": "no answer from the scaler"}]
    return {"status": {"conditions": conditions}}


async def test_a_scaled_object_that_is_unready_for_seconds_is_no_news(world: World) -> None:
    await world.write_instance()
    await world.reconcile("InferenceInstance", "chat")
    (name,) = await world.names("ScaledObject")

    async def scalable(status: str, seconds: int) -> tuple[str, str, float | None]:
        await world.client.patch("ScaledObject", world.namespace, name, ready(status), subresource="status")
        wait = await world.reconcile("InferenceInstance", "chat", NOON.replace(second=seconds))
        return (*(await world.condition("InferenceInstance", "chat", "Scalable"))[:2], wait)

    assert await scalable("True", 0) == ("True", "KedaReady", None)
    assert await scalable("False", 5) == ("True", "KedaReady", 30)
    assert await scalable("False", 34) == ("True", "KedaReady", 1)
    assert await scalable("False", 35) == ("False", "TriggerError", None)
    assert await scalable("True", 36) == ("True", "KedaReady", None)


MISTAKES: dict[str, dict[str, Any]] = {
    "a model that does not exist": {"model": "missing"},
    "a patch that the API server refuses": {"podTemplate": {"spec": {"dnsPolicy": "Nowhere"}}},
    "a patch of what the operator owns": {"podTemplate": {"metadata": {"labels": {"inferops.dev/region": "x"}}}},
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES.keys())
@pytest.mark.parametrize("scaled", [True, False], ids=["KEDA", "no KEDA"])
async def test_a_stop_holds_whatever_else_is_wrong(world: World, mistake: dict[str, Any], *, scaled: bool) -> None:
    world.cluster.stores["ScaledObject"].served = scaled
    await world.write_instance()
    await world.reconcile("InferenceInstance", "chat")
    (name,) = await world.names("Deployment")
    template = (await world.get("Deployment", name))["spec"]["template"]
    await world.client.patch("Deployment", world.namespace, name, {"spec": {"replicas": 2}}, subresource="scale")
    await world.write_instance(stopped=True, **mistake)
    await world.reconcile("InferenceInstance", "chat")
    if scaled:
        paused = (await world.get("ScaledObject", name))["metadata"]["annotations"]
        assert paused == {"autoscaling.keda.sh/paused-replicas": "0"}
    else:
        assert (await world.get("Deployment", name))["spec"]["replicas"] == 0
    assert (await world.get("Deployment", name))["spec"]["template"] == template
    assert (await world.get("InferenceInstance", "chat"))["status"]["phase"] == "DISABLED"
    status, _, message = await world.condition("InferenceInstance", "chat", "Accepted")
    assert status == "False"
    assert message.endswith("It is stopped all the same.")


@pytest.mark.parametrize(
    ("patch", "path"),
    [
        ({"spec": {"containers": [{"name": "engine", "imagePullPolice": "Always"}]}}, "imagePullPolice"),
        ({"spec": {"dnsPolicy": "Nowhere"}}, "spec.podTemplate.spec.dnsPolicy"),
        ({"spec": {"containers": [{"name": "sidecar"}]}}, "spec.podTemplate.spec.containers[1].image"),
        ({"spec": {"restartPolicy": "Never"}}, "spec.podTemplate.spec.restartPolicy"),
    ],
)
async def test_a_patch_that_kubernetes_refuses_is_the_users_mistake(
    world: World, patch: dict[str, Any], path: str
) -> None:
    await world.write_instance(podTemplate=patch)
    await world.reconcile("InferenceInstance", "chat")
    status, reason, message = await world.condition("InferenceInstance", "chat", "Accepted")
    assert (status, reason) == ("False", "PodTemplateInvalid")
    assert message.startswith("spec.podTemplate.")
    assert path in message


async def test_plain_numbers_and_the_order_of_keys_are_no_changes(world: World) -> None:
    hardware = f"numbers-{world.namespace}"
    selector = {"zone": "a", "disk": "ssd", "arch": "arm"}
    await world.write("Hardware", hardware, cpu=1, memory=2147483648, nodeSelector=selector)
    await world.write_instance(hardware=hardware, cache={"size": 1073741824})
    await world.reconcile("InferenceInstance", "chat")
    (name,) = await world.names("Deployment")
    generation = (await world.get("Deployment", name))["metadata"]["generation"]
    await world.write("Hardware", hardware, nodeSelector=dict(reversed(selector.items())), memory="2Gi", cpu="1000m")
    await world.reconcile("InferenceInstance", "chat")
    assert (await world.get("Deployment", name))["metadata"]["generation"] == generation
    before = await world.versions()
    fresh = World(world.client, world.namespace, keda=True)
    await fresh.reconcile("InferenceInstance", "chat")
    assert await world.versions() == before


async def test_a_volume_that_cannot_grow_keeps_nothing_else_from_being_applied(world: World) -> None:
    await world.write_instance(cache={"size": "1Gi"})
    await world.reconcile("InferenceInstance", "chat")
    await world.write_instance(cache={"size": "2Gi"}, args=["--more"])
    with pytest.raises(Rejected):
        await world.reconcile("InferenceInstance", "chat")
    (name,) = await world.names("Deployment")
    (engine,) = (await world.get("Deployment", name))["spec"]["template"]["spec"]["containers"]
    assert engine["args"][-1] == "--more"
    status, _, message = await world.condition("InferenceInstance", "chat", "Progressing")
    assert status == "False"
    assert "PersistentVolumeClaim" in message

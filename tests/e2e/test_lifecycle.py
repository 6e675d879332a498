"""What happens to an instance's objects and pods over its life."""

import json
import subprocess
import time

import pytest

from dev.install import ROOT, install
from dev.target import Target
from tests.e2e.world import SYSTEM, World, eventually, instance, resource

CHILDREN = "deploy,service,scaledobject,ingress,networkpolicy,poddisruptionbudget,pvc"


def test_a_deleted_deployment_is_back_within_five_seconds(world: World) -> None:
    world.apply(instance("chat"))
    world.wait_phase("chat", "ACTIVE")
    (name,) = world.names("deploy")
    uid = world.get("deploy", name)["metadata"]["uid"]
    world.kubectl("delete", "deployment", name, "--wait=false")
    eventually(lambda: world.get("deploy", name).get("metadata", {}).get("uid", uid) != uid, within=5)


def test_an_edit_of_a_field_that_is_not_ours_stays_and_one_of_ours_is_repaired(world: World) -> None:
    world.apply(instance("chat"))
    world.wait_phase("chat", "ACTIVE")
    (name,) = world.names("deploy")
    patch = {"metadata": {"annotations": {"team": "red"}}, "spec": {"minReadySeconds": 1}}
    world.kubectl("patch", "deployment", name, "--type=merge", "-p", json.dumps(patch))
    ours = [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "nonsense:1"}]
    world.kubectl("patch", "deployment", name, "--type=json", "-p", json.dumps(ours))

    def repaired() -> bool:
        deployment = world.get("deploy", name)
        return bool(deployment["spec"]["template"]["spec"]["containers"][0]["image"] != "nonsense:1")

    eventually(repaired, within=5)
    deployment = world.get("deploy", name)
    assert deployment["metadata"]["annotations"]["team"] == "red"
    assert deployment["spec"]["minReadySeconds"] == 1


@pytest.mark.destructive
def test_deleting_an_instance_while_the_operator_is_down_removes_all_it_owned(world: World, local: Target) -> None:
    world.apply(instance("chat"))
    world.wait_phase("chat", "ACTIVE")
    local.kubectl("-n", SYSTEM, "scale", "deployment/inferops-operator", "--replicas=0")
    try:
        world.kubectl("delete", "inf", "chat", "--timeout=30s")
        eventually(lambda: not world.names(CHILDREN, "app.kubernetes.io/managed-by=inferops"), within=60)
        eventually(lambda: not world.names("pods"), within=90)
    finally:
        local.kubectl("-n", SYSTEM, "scale", "deployment/inferops-operator", "--replicas=1")
        local.kubectl("-n", SYSTEM, "rollout", "status", "deployment/inferops-operator", "--timeout=90s")


def test_a_stopped_instance_has_no_pods_and_starts_again(world: World) -> None:
    world.apply(instance("chat"))
    world.wait_phase("chat", "ACTIVE")
    world.kubectl("patch", "inf", "chat", "--type=merge", "-p", '{"spec": {"stopped": true}}')
    world.wait_phase("chat", "DISABLED")
    eventually(lambda: not world.names("pods"), within=90)
    world.kubectl("patch", "inf", "chat", "--type=merge", "-p", '{"spec": {"stopped": false}}')
    world.wait_phase("chat", "ACTIVE")


def test_a_hundred_sleeping_instances_are_routable_and_true_within_fifteen_seconds(world: World) -> None:
    scale = {"min": 0, "max": 1, "triggers": {"http": {"rate": 10, "window": 60}}}
    stranger = world.stranger()
    began = time.monotonic()
    world.create(*(instance(f"sleeper-{n}", scale=scale) for n in range(100)))

    def settled() -> list[dict[str, object]]:
        items = world.read_all("inf")
        phases = [item.get("status", {}).get("phase") for item in items]
        assert phases == ["PENDING"] * 100, f"{phases.count('PENDING')} of 100 are PENDING"
        return [item["status"] for item in items]

    statuses = eventually(settled, within=60)
    for status in statuses:
        world.wait_known(status, stranger)
    print(f"100 instances: {time.monotonic() - began:.1f} s")
    assert not world.names("pods")


@pytest.mark.destructive
def test_uninstall_and_install_even_after_a_killed_one_leave_instances_and_their_pods_alone(
    world: World, local: Target
) -> None:
    world.apply(instance("chat"))
    world.wait_phase("chat", "ACTIVE")
    pods = world.names("pods")
    local.helm("uninstall", "inferops", "-n", SYSTEM, "--wait")
    assert world.get("inf", "chat")["spec"]["model"] == "e2e-engine"
    assert world.names("pods") == pods
    kill_an_install(local)
    install()
    world.wait_phase("chat", "ACTIVE")
    assert world.names("pods") == pods
    world.wait_routable(world.status("chat"), world.key("e2e"))


def kill_an_install(local: Target) -> None:
    """Leave a release behind that helm calls pending."""
    command = ["helm", "install", "inferops", str(ROOT / "charts/inferops"), "-n", SYSTEM, "--wait"]
    with subprocess.Popen(command, env=local.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as helm:
        pending = ("-n", SYSTEM, "get", "secret", "--selector=owner=helm,status=pending-install", "--output=name")
        eventually(lambda: local.kubectl(*pending), within=30)
        helm.kill()


def test_an_unknown_name_is_refused_with_the_nearest_one(world: World) -> None:
    world.apply(instance("chat", model="e2e-engin"), resource("ApiKey", "other"))

    def told() -> bool:
        accepted = world.condition("chat", "Accepted")
        return accepted.get("reason") == "ModelNotFound" and 'Did you mean "e2e-engine"?' in accepted["message"]

    eventually(told, within=15)

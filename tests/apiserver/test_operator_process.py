"""The operator as a process against a real API server: what users and administrators see. There are no nodes and no
controllers here, so nothing runs and nothing is collected.
"""

import asyncio
import json
import time
from pathlib import Path

import pytest

from inferops.cluster.client import Client
from inferops.names import instance_id, region_name
from tests.support.apiserver import ApiServer
from tests.support.eventually import PATIENCE, eventually
from tests.support.operator_process import OperatorProcess
from tests.support.operator_world import Start, build, build_instance, read_or_none, read_status
from tests.support.tcp_proxy import TcpProxy

pytestmark = pytest.mark.slow
OF_THE_CATALOG = {"Region"}
"""Tests share an API server, and the Region of any of them counts the Hardware of all."""


async def test_an_instance_gets_its_children_and_a_true_status(
    client: Client, namespace: str, catalog: str, start: Start
) -> None:
    operator = start("one")
    await operator.wait_leading()
    await client.create(build_instance(catalog, namespace, "chat"))
    status = await eventually(lambda: read_status(client, namespace, "chat"))
    assert (status["phase"], status["model"]) == ("PENDING", "small")
    assert status["address"] == f"https://{instance_id(namespace, 'chat')}.inferops.local/"
    conditions = {condition["type"]: condition["status"] for condition in status["conditions"]}
    assert (conditions["Accepted"], conditions["Available"]) == ("True", "False")
    deployment = await client.get("Deployment", namespace, region_name(namespace, "chat", catalog))
    assert deployment["spec"]["replicas"] == 0
    for kind in ("Service", "Ingress", "NetworkPolicy"):
        assert await client.get(kind, namespace, instance_id(namespace, "chat"))
    assert await client.get("ScaledObject", namespace, region_name(namespace, "chat", catalog))


async def test_a_deleted_child_is_back_within_5_seconds(
    own: ApiServer, client: Client, namespace: str, catalog: str, start: Start
) -> None:
    await start("one").wait_leading()
    await client.create(build_instance(catalog, namespace, "chat"))
    name = region_name(namespace, "chat", catalog)
    await eventually(lambda: read_or_none(client, "ScaledObject", namespace, name))
    before = await client.get("Deployment", namespace, name)
    deleted = await asyncio.to_thread(own.run_kubectl, "delete", "deployment", "-n", namespace, name, "--wait=false")
    assert deleted.returncode == 0, deleted.stderr

    async def is_back() -> bool:
        again = await read_or_none(client, "Deployment", namespace, name)
        return again is not None and again["metadata"]["uid"] != before["metadata"]["uid"]

    await eventually(is_back, within=5)


async def test_an_edit_of_our_field_is_undone_and_one_of_another_field_stays(
    client: Client, namespace: str, catalog: str, start: Start
) -> None:
    await start("one").wait_leading()
    await client.create(build_instance(catalog, namespace, "chat"))
    name = instance_id(namespace, "chat")
    await eventually(lambda: read_or_none(client, "Service", namespace, name))
    edit = {"metadata": {"annotations": {"note": "mine"}}, "spec": {"selector": {"app": "wrong"}}}
    await client.patch("Service", namespace, name, edit)

    async def is_mended() -> bool:
        live = await client.get("Service", namespace, name)
        selector, annotations = live["spec"]["selector"], live["metadata"]["annotations"]
        return bool(selector.get("app") != "wrong" and annotations == {"note": "mine"})

    await eventually(is_mended, within=5)


async def test_killed_and_started_again_it_writes_nothing_when_nothing_changed(
    client: Client, namespace: str, catalog: str, start: Start
) -> None:
    first = start("one")
    await first.wait_leading()
    for number in range(5):
        await client.create(build_instance(catalog, namespace, f"chat{number}"))
    await client.create(build("ApiKey", "key", {}, namespace))
    await eventually(lambda: read_status(client, namespace, "chat4"))
    await first.quiesce()
    first.kill()
    second = start("one")
    await second.wait_leading()
    await second.quiesce()
    reconciles = await second.read("inferops_reconciles_total", "kind")
    assert (reconciles["InferenceInstance"], reconciles["ApiKey"]) >= (5, 1)
    assert (await second.read_writes()).keys() <= OF_THE_CATALOG


async def test_what_changed_while_it_was_down_is_done_at_the_start(
    client: Client, namespace: str, catalog: str, start: Start
) -> None:
    first = start("one")
    await first.wait_leading()
    await client.create(build_instance(catalog, namespace, "chat"))
    await eventually(lambda: read_status(client, namespace, "chat"))
    first.kill()
    await client.patch("InferenceInstance", namespace, "chat", {"spec": {"containerPort": 9000}})
    await client.create(build_instance(catalog, namespace, "other"))
    await start("one").wait_leading()
    await eventually(lambda: read_status(client, namespace, "other"))
    await eventually(lambda: read_status(client, namespace, "chat"))
    deployment = await client.get("Deployment", namespace, region_name(namespace, "chat", catalog))
    ports = deployment["spec"]["template"]["spec"]["containers"][0]["ports"]
    assert [port["containerPort"] for port in ports] == [9000]


async def test_a_change_of_the_catalog_reaches_the_instances(
    client: Client, namespace: str, catalog: str, start: Start
) -> None:
    await start("one").wait_leading()
    await client.create(build_instance(catalog, namespace, "chat"))
    await eventually(lambda: read_status(client, namespace, "chat"))
    await client.patch("Model", "", catalog, {"spec": {"image": "engine:2"}})

    async def has_new_image() -> bool:
        live = await client.get("Deployment", namespace, region_name(namespace, "chat", catalog))
        return bool(live["spec"]["template"]["spec"]["containers"][0]["image"] == "engine:2")

    await eventually(has_new_image)


async def test_a_second_replica_waits_and_takes_over_at_once_when_the_first_ends(
    client: Client, namespace: str, catalog: str, start: Start
) -> None:
    first = start("one")
    await first.wait_leading()
    second = start("two")
    await second.wait_ready()
    await client.create(build_instance(catalog, namespace, "chat"))
    await eventually(lambda: read_status(client, namespace, "chat"))
    await first.quiesce()
    assert not await second.is_leading()
    assert await second.read("inferops_reconciles_total", "kind") == {}
    ended = time.monotonic()
    assert first.terminate() == 0
    await second.wait_leading()
    assert time.monotonic() - ended < 8 * PATIENCE
    await second.quiesce()
    assert (await second.read_writes()).keys() <= OF_THE_CATALOG
    await client.create(build_instance(catalog, namespace, "next"))
    await eventually(lambda: read_status(client, namespace, "next"))


async def test_it_ends_at_once_and_well_on_sigterm(namespace: str, start: Start, client: Client) -> None:
    operator = start("one")
    await operator.wait_leading()
    begun = time.monotonic()
    assert operator.terminate() == 0
    assert time.monotonic() - begun < 5 * PATIENCE
    assert (await client.get("Lease", namespace, "inferops-operator"))["spec"]["holderIdentity"] == ""


async def test_it_survives_an_api_server_that_is_away_and_catches_up(
    own: ApiServer, client: Client, namespace: str, catalog: str, tmp_path: Path
) -> None:
    async with TcpProxy(own.url) as proxy:
        kubeconfig = tmp_path / "proxied"
        kubeconfig.write_text(own.kubeconfig.read_text().replace(own.url, proxy.url))
        settings = {"namespace": namespace, "watchNamespaces": [namespace]}
        operator = OperatorProcess(tmp_path, kubeconfig, settings, "one")
        try:
            await operator.wait_leading()
            await client.create(build_instance(catalog, namespace, "gone"))
            await eventually(lambda: read_status(client, namespace, "gone"))
            proxy.refusing = True
            proxy.cut()
            await client.delete("InferenceInstance", namespace, "gone")
            await client.create(build_instance(catalog, namespace, "chat"))
            await asyncio.sleep(2)
            proxy.refusing = False
            await eventually(lambda: read_status(client, namespace, "chat"), within=30)
        finally:
            assert operator.terminate() == 0


async def test_100_instances_are_done_within_seconds(
    own: ApiServer, client: Client, namespace: str, catalog: str, start: Start
) -> None:
    operator = start("one")
    await operator.wait_leading()
    await operator.quiesce()  # the Region is counted by then
    names = [f"chat{number}" for number in range(100)]
    manifests = [json.dumps(build_instance(catalog, namespace, name)) for name in names]
    begun = time.monotonic()
    applied = await asyncio.to_thread(own.run_kubectl, "create", "-f", "-", stdin="\n".join(manifests))
    assert applied.returncode == 0, applied.stderr

    async def all_done() -> bool:
        listed = await client.list("InferenceInstance", namespace=namespace)
        return len([obj for obj in listed if obj.get("status", {}).get("observedGeneration") == 1]) == 100

    await eventually(all_done, within=180)
    seconds = time.monotonic() - begun
    await operator.quiesce()
    writes = await operator.read_writes()
    cpu = (await operator.read("process_cpu_seconds_total", "")).get("", 0)
    reconciles = (await operator.read("inferops_reconciles_total", "kind"))["InferenceInstance"]
    print(f"{seconds:.1f} s, {sum(writes.values())} writes, {reconciles:.0f} reconciles, {cpu:.1f} CPU-seconds in all")
    writes.pop("Region", None)  # see OF_THE_CATALOG
    most = {
        "Deployment": 100,
        "Service": 200,
        "Ingress": 100,
        "NetworkPolicy": 100,
        "PodDisruptionBudget": 100,
        "ScaledObject": 100,
        "InferenceInstance": 100,
    }
    assert writes.keys() == most.keys()
    assert all(writes[kind] <= most[kind] for kind in most), writes  # fewer: an answer was lost, and its write was not

"""KEDA comes and goes while the operator runs: here it is its kind alone, with the finalizer that KEDA sets."""

import asyncio

from inferops.cluster.client import Client
from inferops.names import region_name
from tests.support.apiserver import ApiServer
from tests.support.crds import CRD_PATH, install_scaledobjects
from tests.support.eventually import eventually
from tests.support.operator_world import Start, build_instance, read_or_none, read_status


async def test_keda_may_come_later_and_go(
    keda: ApiServer, client: Client, namespace: str, catalog: str, start: Start
) -> None:
    path = f"{CRD_PATH}/scaledobjects.keda.sh"

    async def is_fixed() -> bool:
        live = await client.get("Deployment", namespace, region_name(namespace, "chat", catalog))
        return bool(live["spec"]["replicas"] == 1)

    async def scalable(reason: str) -> bool:
        conditions = (await read_status(client, namespace, "chat"))["conditions"]
        return any(each["type"] == "Scalable" and each["reason"] == reason for each in conditions)

    keda.http.delete(path).raise_for_status()
    try:
        await start("one").wait_leading()
        await client.create(build_instance(catalog, namespace, "chat"))
        await eventually(lambda: scalable("KedaNotInstalled"))
        assert await is_fixed()
    finally:
        await asyncio.to_thread(install_scaledobjects, keda)
    name = region_name(namespace, "chat", catalog)
    await eventually(lambda: read_or_none(client, "ScaledObject", namespace, name), within=20)
    assert await is_fixed(), "the count moved while it changed hands"


async def test_keda_that_leaves_harms_nothing_and_is_taken_up_again(
    keda: ApiServer, client: Client, namespace: str, catalog: str, start: Start
) -> None:
    operator, name = start("one"), region_name(namespace, "chat", catalog)
    sleeper = region_name(namespace, "sleeper", catalog)
    await operator.wait_leading()
    for instance in ("chat", "sleeper"):
        await client.create(build_instance(catalog, namespace, instance))
        scaled = region_name(namespace, instance, catalog)
        await eventually(lambda scaled=scaled: read_or_none(client, "ScaledObject", namespace, scaled))  # type: ignore[misc]
        await client.patch("ScaledObject", namespace, scaled, {"metadata": {"finalizers": ["finalizer.keda.sh"]}})
    await client.patch("Deployment", namespace, name, {"spec": {"replicas": 3}}, subresource="scale")

    async def scalable(instance: str, reason: str) -> bool:
        conditions = (await read_status(client, namespace, instance))["conditions"]
        return any(each["type"] == "Scalable" and each["reason"] == reason for each in conditions)

    async def counts() -> list[int]:
        return [(await client.get("Deployment", namespace, each))["spec"]["replicas"] for each in (name, sleeper)]

    async def writes_and_failures() -> tuple[int, float]:
        failures = await operator.read("inferops_reconcile_retries_total", "")
        return sum((await operator.read_writes()).values()), sum(failures.values())

    async def is_quiet() -> bool:  # once: Scalable says after half a minute that KEDA does not let go
        before = await writes_and_failures()
        await asyncio.sleep(3)
        return await writes_and_failures() == before

    try:
        keda.http.delete(f"{CRD_PATH}/scaledobjects.keda.sh").raise_for_status()
        await client.create(build_instance(catalog, namespace, "late"))
        await eventually(lambda: scalable("late", "KedaNotInstalled"), within=20)
        assert await counts() == [3, 0], "KEDA's finalizer holds its ScaledObjects"
        await operator.quiesce()
        await eventually(is_quiet, within=60)
        change = {"spec": {"stopped": True}}
        await client.patch("InferenceInstance", namespace, "chat", change)
        await eventually(lambda: is_count(client, namespace, name, 0))
        await client.patch("InferenceInstance", namespace, "chat", {"spec": {"stopped": False}})
        await client.patch("Deployment", namespace, name, {"spec": {"replicas": 3}}, subresource="scale")
        for scaled in (name, sleeper):
            await client.patch("ScaledObject", namespace, scaled, {"metadata": {"finalizers": None}})
        for instance in ("chat", "sleeper"):
            await eventually(lambda instance=instance: scalable(instance, "KedaNotInstalled"), within=20)  # type: ignore[misc]
        await operator.quiesce()
        await eventually(is_quiet, within=60)
        assert await counts() == [3, 0]
    finally:
        await asyncio.to_thread(install_scaledobjects, keda)
    for scaled in (name, sleeper):
        await eventually(lambda scaled=scaled: read_or_none(client, "ScaledObject", namespace, scaled), within=90)  # type: ignore[misc]
    assert await counts() == [3, 0], "the count moved while it changed hands"


async def is_count(client: Client, namespace: str, name: str, count: int) -> bool:
    return bool((await client.get("Deployment", namespace, name))["spec"]["replicas"] == count)

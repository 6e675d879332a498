"""Who owns the replica count, and that it never moves while it changes hands."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import pytest

from inferops.cluster.client import Client, Scope
from inferops.cluster.cluster import Cluster
from inferops.names import Manifest
from inferops.plan.types import Replicas

LABELS = {"app": "one"}


@pytest.fixture
def manifest(namespace: str) -> Manifest:
    env = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    pod = {"containers": [{"name": "engine", "image": "engine:1", "env": env}]}
    template = {"metadata": {"labels": LABELS}, "spec": pod}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "one", "namespace": namespace, "labels": LABELS},
        "spec": {"selector": {"matchLabels": LABELS}, "template": template},
    }


class History:
    """Every replica count that the Deployment ever had, as a watch saw it."""

    def __init__(self, client: Client, namespace: str) -> None:
        self._client = client
        self._scope = Scope(namespace)

    async def read(self, version: str) -> list[int]:
        counts: list[int] = []
        last = (await self._client.get("Deployment", self._scope.namespace, "one"))["metadata"]["resourceVersion"]
        if int(last) <= int(version):
            return counts
        async with aclosing(self._client.watch("Deployment", version, self._scope)) as events:
            async for event in events:
                counts.append(event["object"]["spec"]["replicas"])
                if event["object"]["metadata"]["resourceVersion"] == last:
                    break
        return counts


@asynccontextmanager
async def replicas_stay(client: Client, namespace: str, count: int) -> AsyncIterator[None]:
    """Assert that no event within showed another count."""
    _, version = await client.read_list("Deployment", Scope(namespace))
    yield
    assert set(await History(client, namespace).read(version)) <= {count}


async def scale(client: Client, cluster: Cluster, namespace: str, count: int) -> None:
    """As an autoscaler does it; the news reaches the store later, as always."""
    await client.patch("Deployment", namespace, "one", {"spec": {"replicas": count}}, subresource="scale")
    cluster.stores["Deployment"].put(await client.get("Deployment", namespace, "one"))


async def read_count(client: Client, namespace: str) -> int:
    count: int = (await client.get("Deployment", namespace, "one"))["spec"]["replicas"]
    return count


async def test_a_new_deployment_gets_its_initial_count_once(client: Client, namespace: str, manifest: Manifest) -> None:
    cluster = Cluster(client)
    async with replicas_stay(client, namespace, 0):
        assert await cluster.apply_deployment(manifest, Replicas(None, 0))
        assert not await cluster.apply_deployment(manifest, Replicas(None, 5))
    await scale(client, cluster, namespace, 4)
    async with replicas_stay(client, namespace, 4):
        assert not await cluster.apply_deployment(manifest, Replicas(None, 0))


async def test_a_change_of_the_plan_before_any_autoscaling_keeps_the_initial_count(
    client: Client, namespace: str, manifest: Manifest
) -> None:
    cluster = Cluster(client)
    await cluster.apply_deployment(manifest, Replicas(None, 0))
    manifest["spec"]["template"]["spec"]["containers"][0]["image"] = "engine:2"
    async with replicas_stay(client, namespace, 0):
        assert await cluster.apply_deployment(manifest, Replicas(None, 5))
        assert not await cluster.apply_deployment(manifest, Replicas(None, 5))
    assert "f:replicas" not in cluster.stores["Deployment"].applied_fields(namespace, "one")["f:spec"]


async def test_a_change_of_the_plan_does_not_move_the_autoscalers_count(
    client: Client, namespace: str, manifest: Manifest
) -> None:
    cluster = Cluster(client)
    await cluster.apply_deployment(manifest, Replicas(None, 0))
    await scale(client, cluster, namespace, 4)
    engine = manifest["spec"]["template"]["spec"]["containers"][0]
    engine["image"] = "engine:2"
    engine["env"].pop()
    async with replicas_stay(client, namespace, 4):
        assert await cluster.apply_deployment(manifest, Replicas(None, 0))
    live = await client.get("Deployment", namespace, "one")
    (container,) = live["spec"]["template"]["spec"]["containers"]
    assert (container["image"], container["env"]) == ("engine:2", [{"name": "A", "value": "1"}]), (
        "what the plan dropped stayed: another manager holds it"
    )


async def test_a_fixed_count_is_ours_and_mended(client: Client, namespace: str, manifest: Manifest) -> None:
    cluster = Cluster(client)
    await cluster.apply_deployment(manifest, Replicas(2, 0))
    assert not await cluster.apply_deployment(manifest, Replicas(2, 0))
    await scale(client, cluster, namespace, 7)
    assert await cluster.apply_deployment(manifest, Replicas(2, 0))
    assert await read_count(client, namespace) == 2


@pytest.mark.parametrize(("least", "found", "kept"), [(0, 0, 0), (0, 4, 4), (2, 2, 2), (2, 1, 2), (None, 4, 2)])
async def test_a_count_that_another_has_set_stays_where_it_is_enough(
    client: Client, namespace: str, manifest: Manifest, least: int | None, found: int, kept: int
) -> None:
    cluster, fixed = Cluster(client), Replicas(2, 2, least)
    await cluster.apply_deployment(manifest, Replicas(None, 1))
    await cluster.apply_deployment({**manifest, "metadata": {**manifest["metadata"], "labels": {}}}, Replicas(None, 1))
    await scale(client, cluster, namespace, found)
    for image in ("engine:2", "engine:3"):
        manifest["spec"]["template"]["spec"]["containers"][0]["image"] = image
        assert await cluster.apply_deployment(manifest, fixed)
        assert not await cluster.apply_deployment(manifest, fixed)
        assert await read_count(client, namespace) == kept


async def test_what_sleeps_and_may_is_left_asleep(client: Client, namespace: str, manifest: Manifest) -> None:
    cluster = Cluster(client)
    await cluster.apply_deployment(manifest, Replicas(None, 0))
    manifest["spec"]["template"]["spec"]["containers"][0]["image"] = "engine:2"
    async with replicas_stay(client, namespace, 0):
        assert await cluster.apply_deployment(manifest, Replicas(1, 1, least=0))
        assert not await cluster.apply_deployment(manifest, Replicas(1, 1, least=0))
    assert await cluster.apply_deployment(manifest, Replicas(1, 1, least=1))
    assert await read_count(client, namespace) == 1


async def test_the_count_stays_on_its_way_to_the_autoscaler_and_back(
    client: Client, namespace: str, manifest: Manifest
) -> None:
    cluster = Cluster(client)
    await cluster.apply_deployment(manifest, Replicas(3, 0))
    async with replicas_stay(client, namespace, 3):
        for step, replicas in enumerate((None, 3, None, 3, None)):
            manifest["metadata"]["labels"] = {**LABELS, "step": str(step)}
            await cluster.apply_deployment(manifest, Replicas(replicas, 0))
    await scale(client, cluster, namespace, 6)
    async with replicas_stay(client, namespace, 6):
        await cluster.apply_deployment(manifest, Replicas(6, 0))
        await cluster.apply_deployment(manifest, Replicas(None, 0))


async def test_an_autoscaler_that_acts_in_the_middle_of_the_hand_over_wins(
    client: Client, namespace: str, manifest: Manifest
) -> None:
    cluster = Cluster(client)
    await cluster.apply_deployment(manifest, Replicas(3, 0))
    await client.patch("Deployment", namespace, "one", {"spec": {"replicas": 8}}, subresource="scale")
    manifest["metadata"]["labels"] = {**LABELS, "changed": "yes"}
    async with replicas_stay(client, namespace, 8):  # our store still says 3
        await cluster.apply_deployment(manifest, Replicas(None, 0))
    assert await read_count(client, namespace) == 8


async def test_a_crash_in_the_middle_of_the_hand_over_is_finished_later(
    client: Client, namespace: str, manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = Cluster(client)
    await cluster.apply_deployment(manifest, Replicas(3, 0))
    manifest["spec"]["template"]["spec"]["containers"][0]["image"] = "engine:2"
    with monkeypatch.context() as killed:
        killed.setattr(cluster, "_write", None)
        with pytest.raises(TypeError):
            await cluster.apply_deployment(manifest, Replicas(None, 9))
    restarted = Cluster(client)
    async with replicas_stay(client, namespace, 3):
        assert await restarted.apply_deployment(manifest, Replicas(None, 9))
        assert not await restarted.apply_deployment(manifest, Replicas(None, 9))
    await scale(client, restarted, namespace, 2)
    assert not await restarted.apply_deployment(manifest, Replicas(None, 9))

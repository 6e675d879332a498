"""Events about our objects in a real API server, and what is read on demand."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest

from inferops.cluster.client import Client
from inferops.cluster.connection import read_connection
from inferops.cluster.events import BURST, Recorder
from inferops.cluster.witness import Witness
from inferops.names import API_VERSION, Manifest
from inferops.plan.announcements import Announcement
from tests.support.apiserver import ApiServer
from tests.support.eventually import eventually
from tests.support.service_account import write_service_account

PULL = Announcement("Warning", "ImagePullBackOff", "Image e of pod p cannot be pulled: 401 Unauthorized.")


def instance(namespace: str, name: str = "chat") -> Manifest:
    metadata = {"name": name, "namespace": namespace, "uid": f"uid-{name}"}
    return {"apiVersion": API_VERSION, "kind": "InferenceInstance", "metadata": metadata}


@pytest.fixture
async def recorder(client: Client) -> AsyncIterator[Recorder]:
    recorder = Recorder(client)
    task = asyncio.create_task(recorder.run())
    yield recorder
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def read_events(client: Client, namespace: str) -> dict[str, int]:
    return {each["reason"]: each["count"] for each in await client.list("Event", namespace=namespace)}


async def test_an_event_is_shown_by_kubectl_describe(
    own: ApiServer, client: Client, namespace: str, recorder: Recorder
) -> None:
    recorder.record(instance(namespace), PULL)
    (event,) = await eventually(lambda: client.list("Event", namespace=namespace))
    assert (event["type"], event["message"]) == ("Warning", PULL.message)
    assert event["involvedObject"]["uid"] == "uid-chat"
    shown = own.run_kubectl("events", "-n", namespace, "--for", "inferenceinstances.inferops.dev/chat")
    assert "ImagePullBackOff" in shown.stdout, shown.stderr


async def test_the_same_event_counts_up_and_another_is_another(
    client: Client, namespace: str, recorder: Recorder
) -> None:
    for _ in range(3):
        recorder.record(instance(namespace), PULL)
    recorder.record(instance(namespace), Announcement("Normal", "Available", "1 of 1 replicas answer."))

    async def told() -> bool:
        return await read_events(client, namespace) == {"ImagePullBackOff": 3, "Available": 1}

    await eventually(told)


async def test_another_replica_counts_on(client: Client, namespace: str, recorder: Recorder) -> None:
    recorder.record(instance(namespace), PULL)
    await eventually(lambda: client.list("Event", namespace=namespace))
    successor = Recorder(client)
    task = asyncio.create_task(successor.run())
    successor.record(instance(namespace), PULL)

    async def counted() -> bool:
        return await read_events(client, namespace) == {"ImagePullBackOff": 2}

    await eventually(counted)
    task.cancel()


async def test_an_object_that_flaps_makes_no_storm_and_silences_no_other(
    client: Client, namespace: str, recorder: Recorder
) -> None:
    for number in range(100):
        recorder.record(instance(namespace), PULL._replace(message=f"{number}"))
    recorder.record(instance(namespace, "other"), PULL)

    async def all_told() -> bool:
        listed = await client.list("Event", namespace=namespace)
        names = [each["involvedObject"]["name"] for each in listed]
        return names.count("chat") == BURST and names.count("other") == 1

    await eventually(all_told)


async def test_a_replica_without_the_lease_writes_none_and_goes_on(client: Client, namespace: str) -> None:
    leads = False
    client.may_write = lambda: leads
    recorder = Recorder(client)
    task = asyncio.create_task(recorder.run())
    recorder.record(instance(namespace), PULL)
    await asyncio.sleep(0.2)
    assert not await client.list("Event", namespace=namespace)
    leads = True
    recorder.record(instance(namespace), PULL)
    await eventually(lambda: client.list("Event", namespace=namespace))
    task.cancel()


async def test_the_use_of_a_node_is_what_its_pods_ask_for(client: Client, namespace: str) -> None:
    node = f"node-{namespace}"
    for name, gpus, phase in (("one", "2", "Running"), ("two", "1", "Pending"), ("over", "4", "Succeeded")):
        resources = {"limits": {"nvidia.com/gpu": gpus}, "requests": {"cpu": "250m", "nvidia.com/gpu": gpus}}
        container = {"name": "engine", "image": "e", "resources": resources}
        spec = {"nodeName": node, "containers": [container], "automountServiceAccountToken": False}
        await client.create(
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace}, "spec": spec}
        )
        await client.patch("Pod", namespace, name, {"status": {"phase": phase}}, subresource="status")
    witness = Witness(client)
    used = await witness.read_use([node, "absent"])
    assert used[node] == {"pods": 2, "cpu": Decimal("0.5"), "nvidia.com/gpu": 3}
    assert used["absent"] == {}


async def test_events_and_claims_are_read_once_for_many(client: Client, namespace: str, recorder: Recorder) -> None:
    claim: Manifest = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    metadata = {"name": "cache", "namespace": namespace}
    await client.create({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": claim})
    pod = instance(namespace, "p") | {"apiVersion": "v1", "kind": "Pod"}
    recorder.record(pod, Announcement("Warning", "Unhealthy", "Readiness probe failed: 404"))
    await eventually(lambda: client.list("Event", namespace=namespace))
    witness = Witness(client)
    told = await asyncio.gather(*(witness.read_events(namespace) for _ in range(50)))
    assert all(each is told[0] for each in told)
    assert told[0]["uid-p"][0]["message"] == "Readiness probe failed: 404"
    assert (await witness.read_claims(namespace, ["cache", "absent"])).keys() == {"cache"}


async def test_what_may_not_be_read_costs_a_sentence_and_no_error(
    own: ApiServer, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kubeconfig = await asyncio.to_thread(write_service_account, own, "inferops-control", tmp_path)
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
    async with Client(read_connection(own.context)) as stranger:
        witness = Witness(stranger)
        assert await witness.read_events(namespace) == {}
        assert await witness.read_use(["node"]) == {}
        assert await witness.read_claims(namespace, ["cache"]) == {}


async def test_an_api_server_that_does_not_answer_holds_nobody_up(
    client: Client, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inferops.cluster.witness.LONGEST", 0.2)
    silence = asyncio.Event()
    monkeypatch.setattr(client, "list", lambda *_, **__: silence.wait())
    assert await Witness(client).read_events(namespace) == {}

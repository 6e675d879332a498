"""What KEDA must never hear, or must hear in time: traps of its protocol, and of what comes and goes."""

import asyncio

import grpc
import pytest

from tests.gateway.gateway import CHAT, Gateway, host_of
from tests.gateway.objects import ALICE, BOB, NAMESPACE, endpoint_slice, instance, metadata
from tests.gateway.test_scaler import connect, reported, trigger
from tests.support.eventually import PATIENCE, eventually


async def refuses(gateway: Gateway, name: str, status: int) -> bool:
    """A key that does not open the instance wakes nothing."""
    key = BOB if status == 403 else ALICE
    async with gateway.client(host_of(name), key) as client:
        return (await client.post(CHAT, json={})).status_code == status


async def test_push_streams_end_well_after_a_while_and_with_control(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """KEDA comes back a second after a stream that ended well, but waits for longer after each that broke."""
    await reported(gateway)
    async with connect(gateway) as keda:
        monkeypatch.setattr("inferops.control.scaler.STREAM_SECONDS", 1)
        assert [answer.result async for answer in keda.stream(trigger("cold"))] == [False]
        monkeypatch.undo()
        stream = keda.stream(trigger("cold"))
        answers = stream.__aiter__()
        assert (await anext(answers)).result is False
        await gateway.plane.close()
        assert await anext(answers, None) is None
        assert await stream.code() == grpc.StatusCode.OK


async def test_demand_that_was_there_first_is_the_first_word_of_a_stream(gateway: Gateway) -> None:
    """KEDA was away when the request came."""
    await reported(gateway)
    async with connect(gateway) as keda, gateway.client(host_of("cold"), ALICE) as client:
        waiting = asyncio.create_task(client.post(CHAT, json={}))
        await eventually(gateway.plane.activity.waiting)
        assert (await anext(keda.stream(trigger("cold")).__aiter__())).result is True
        waiting.cancel()


async def test_a_request_that_waited_for_a_deleted_instance_is_no_debt_of_its_namesake(gateway: Gateway) -> None:
    await reported(gateway)
    async with connect(gateway) as keda, gateway.client(host_of("cold"), ALICE) as client:
        waiting = asyncio.create_task(client.post(CHAT, json={}))
        await eventually(gateway.plane.activity.waiting)
        cold = gateway.stores["InferenceInstance"].get(NAMESPACE, "cold")
        assert cold
        gateway.drop(cold)
        assert (await waiting).status_code in {404, 503}
        gateway.put(cold)
        stream = keda.stream(trigger("cold", podLifetime="1")).__aiter__()
        assert (await anext(stream)).result is False
        await eventually(lambda: refuses(gateway, "cold", 403))
        waiting = asyncio.create_task(client.post(CHAT, json={}))
        assert (await asyncio.wait_for(anext(stream), 10 * PATIENCE)).result is True
        waiting.cancel()


async def test_who_is_started_again_does_not_wake_for_what_was_before_the_stop(gateway: Gateway) -> None:
    await reported(gateway)
    async with connect(gateway) as keda, gateway.client(host_of("warm"), ALICE) as client:
        assert (await client.post(CHAT, json={})).status_code == 200

        async def active() -> bool:
            return await keda.active("warm")

        async def idle() -> bool:
            return not await keda.active("warm")

        await eventually(active)
        warm = gateway.stores["InferenceInstance"].get(NAMESPACE, "warm")
        assert warm
        stopped = {**warm, "metadata": metadata("warm", NAMESPACE), "spec": {**warm["spec"], "stopped": True}}
        gateway.put(stopped, endpoint_slice("warm"))
        await eventually(lambda: refuses(gateway, "warm", 503))
        gateway.put({**warm, "metadata": metadata("warm", NAMESPACE)})
        await eventually(idle)


async def test_regions_share_what_waits(gateway: Gateway) -> None:
    await reported(gateway)
    scale = {"min": 0, "max": 3, "triggers": {"http": {"rate": 10, "window": 60}}}
    regions = [{"region": region, "scale": scale} for region in ("here", "there")]
    gateway.put(instance("two", model="none", apiKeys=["alice"], regions=regions))
    await eventually(lambda: refuses(gateway, "two", 403))
    async with connect(gateway) as keda, gateway.client(host_of("two"), ALICE) as client:
        waiting = [asyncio.create_task(client.post(CHAT, json={})) for _ in range(6)]

        async def shared() -> bool:
            return await keda.value("two") == 3

        await eventually(shared)
        for each in waiting:
            each.cancel()

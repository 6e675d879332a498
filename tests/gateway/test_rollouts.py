"""No request is lost: not in rolling updates, and not when something is killed."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx

from tests.gateway.crowd import Crowd
from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, Gateway, host_of
from tests.gateway.objects import ALICE, endpoint_slice, instance
from tests.gateway.pods import Pods
from tests.support.eventually import PATIENCE, eventually
from tests.support.ports import find_free_ports

WARM, COLD, SURGING = host_of("warm"), host_of("cold"), host_of("surging")
REPOSITORY = Path(__file__).resolve().parents[2]
PRE_STOPS = tuple(seconds * max(1, PATIENCE / 2) for seconds in (0.4, 0.7, 1.0))
"""Seconds between the news of an end and the end itself: a pod's preStop, which is 5 s in a cluster."""


async def test_no_request_is_lost_in_twenty_rolling_updates(gateway: Gateway) -> None:
    """Ten with a new pod first, of two replicas; ten of an only replica, which is gone before the next one comes."""
    gateway.put(instance("surging", apiKeys=["alice"]))
    alone, two = Pods(gateway, "warm"), Pods(gateway, "surging")
    await asyncio.gather(alone.start(), two.start(), two.start())
    crowd = Crowd(gateway, ALICE, (WARM, SURGING))
    await eventually(lambda: is_served(gateway, WARM, SURGING))
    async with crowd.running():
        for turn in range(10):
            pre_stop = PRE_STOPS[turn % len(PRE_STOPS)]
            await asyncio.gather(alone.replace(pre_stop=pre_stop, surge=False), roll_both(two, pre_stop))
        await asyncio.sleep(0.5)
    await asyncio.gather(alone.stop_all(), two.stop_all())
    print(f"{crowd.answered}, the slowest took {crowd.longest:.1f} s")
    assert crowd.failures == []
    assert min(crowd.answered.values()) > 50, crowd.answered


async def roll_both(pods: Pods, pre_stop: float) -> None:
    """A rolling update of two replicas."""
    await pods.replace(pre_stop=pre_stop, surge=True)
    await pods.replace(pre_stop=pre_stop, surge=True)


async def is_served(gateway: Gateway, *hosts: str) -> bool:
    for host in hosts:
        async with gateway.client(host, ALICE) as client:
            if (await client.post(CHAT, json={})).status_code != httpx.codes.OK:
                return False
    return True


@asynccontextmanager
async def run_engine(name: str, address: str, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """An engine as a process, from the moment in which it listens."""
    environment = {**os.environ, "PYTHONPATH": f"{REPOSITORY}/operator:{REPOSITORY}"}
    script = str(Path(__file__).with_name("engine_process.py"))
    process = await asyncio.create_subprocess_exec(
        sys.executable, script, name, address, str(port), env=environment, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout
        assert await asyncio.wait_for(process.stdout.readline(), 60 * PATIENCE) == b"ready\n"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_no_answer_is_lost_that_had_not_begun_when_a_replica_is_killed(gateway: Gateway, engine: Engine) -> None:
    """kill -9 of one of two; the slice says so a second later. Streams that had begun break: nobody can mend those."""
    async with run_engine("killed", "127.0.0.2", engine.port) as killed:
        gateway.put(endpoint_slice("warm", (engine.address, engine.port, True), ("127.0.0.2", engine.port, True)))
        await eventually(lambda: reaches(gateway, "killed"))
        crowd = Crowd(gateway, ALICE, (WARM,), delay=0.2)
        async with crowd.running():
            await asyncio.sleep(1)
            killed.send_signal(signal.SIGKILL)
            await killed.wait()
            await asyncio.sleep(1)
            gateway.put(endpoint_slice("warm", (engine.address, engine.port, True)))
            await asyncio.sleep(0.5)
    broken = [failure for failure in crowd.failures if failure.startswith("stream") and "RemoteProtocol" in failure]
    assert crowd.failures == broken
    print(f"{crowd.answered}, {len(broken)} streams broke that had begun")


async def test_requests_wait_when_the_only_replica_is_killed(gateway: Gateway) -> None:
    (port,) = find_free_ports(1)
    crowd = Crowd(gateway, ALICE, (WARM,))
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(run_engine("first", "127.0.0.2", port))
        gateway.put(endpoint_slice("warm", ("127.0.0.2", port, True)))
        await eventually(lambda: reaches(gateway, "first"))
        async with crowd.running():
            await asyncio.sleep(0.5)
            first.send_signal(signal.SIGKILL)
            await first.wait()
            await asyncio.sleep(1)  # so late comes the news
            gateway.put(endpoint_slice("warm", ("127.0.0.2", port, False)))
            await stack.enter_async_context(run_engine("second", "127.0.0.2", port))
            gateway.put(endpoint_slice("warm", ("127.0.0.2", port, True)))
            await asyncio.sleep(1)
    broken = [failure for failure in crowd.failures if failure.startswith("stream") and "RemoteProtocol" in failure]
    assert crowd.failures == broken
    assert len(broken) <= 50 * 0.6, "more than were open"
    assert crowd.longest > 1, "nothing waited: the test has shown nothing"


async def reaches(gateway: Gateway, engine: str) -> bool:
    async with gateway.client(WARM, ALICE) as client:
        return bool((await client.post(CHAT, json={})).json()["engine"] == engine)


async def test_the_loss_of_a_gateway_is_mended_by_asking_the_other_one(
    idle_gateway: Gateway, tmp_path: Path, envoy_binary: str
) -> None:
    """kill -9 of one of two: its clients see a broken connection, those of the other see nothing."""
    first, folder = idle_gateway, tmp_path / "second"
    folder.mkdir()
    second = Gateway(folder, envoy_binary)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(first.control())
        killed = await stack.enter_async_context(first.envoy())
        other = second.bootstrap(node="gateway-2", control_port=first.xds_port)
        await stack.enter_async_context(second.envoy(bootstrap=other))
        crowds = [Crowd(gateway, ALICE, (WARM,)) for gateway in (first, second)]
        async with crowds[1].running():
            async with crowds[0].running():
                await asyncio.sleep(1)
                killed.send_signal(signal.SIGKILL)
                await killed.wait()
                await asyncio.sleep(0.2)
            await asyncio.sleep(1)
        assert await is_served(second, WARM)
    assert crowds[1].failures == []
    assert crowds[0].failures, "nobody was cut off: the test has shown nothing"
    assert all("Error(" in failure for failure in crowds[0].failures), crowds[0].failures

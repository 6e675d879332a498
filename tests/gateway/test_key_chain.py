"""From a wish for a new key to answers: operator, API server, control and Envoy, as they run in a cluster."""

import asyncio
import base64
import json
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

from inferops.cluster.client import Client
from inferops.errors import NotFound
from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, Gateway, host_of
from tests.gateway.objects import api_key, endpoint_slice, instance, model
from tests.gateway.replica import Replica, create
from tests.support.apiserver import ApiServer
from tests.support.eventually import eventually
from tests.support.operator_process import OperatorProcess

ROTATIONS = 3


class Team:
    """A client that takes the newest key the moment it can read it, and one that keeps each for as long as it may."""

    def __init__(self, gateway: Gateway, api: Client, namespace: str) -> None:
        self.statuses: list[int] = []
        self.keys: list[str] = []
        self._gateway = gateway
        self._api = api
        self._namespace = namespace

    async def read_key(self) -> str:
        secret = await self._api.get("Secret", self._namespace, "alice")
        return base64.b64decode(secret["data"]["apiKey"]).decode()

    async def ask(self, key: str) -> int:
        async with self._gateway.client(host_of("chat", self._namespace), key) as client:
            return (await client.post(CHAT, json={})).status_code

    async def go_on(self, done: asyncio.Event) -> None:
        while not done.is_set():
            key = await self.read_key()
            if key not in self.keys:
                self.keys.append(key)
            for each in self.keys[-2:]:
                self.statuses.append(await self.ask(each))


async def test_keys_rotate_under_traffic_without_a_refused_request_and_end_at_once_when_told(
    own: ApiServer,
    idle_gateway: Gateway,
    near_engine: Engine,
    api: Client,
    kubeconfig: Path,
    namespace: str,
) -> None:
    gateway, replica = idle_gateway, Replica(idle_gateway, kubeconfig, namespace, "only")
    settings = {"namespace": namespace, "watchNamespaces": [namespace]}
    operator = OperatorProcess(gateway.folder, own.kubeconfig, settings, "operator")
    here = endpoint_slice("chat", (near_engine.address, near_engine.port, True), namespace=namespace)
    team, done = Team(gateway, api, namespace), asyncio.Event()
    try:
        async with replica.run(), gateway.envoy(wait=False):
            await create(api, namespace, model("tiny"), api_key("alice", rotationOverlap=3600))
            await create(api, namespace, instance("chat", apiKeys=["alice"]), here)
            await eventually(gateway.is_ready, within=30)
            await eventually(lambda: answers(team, 200), within=30)
            traffic = asyncio.create_task(team.go_on(done))
            await eventually(lambda: has_read(team, 1))
            for number in range(ROTATIONS):
                await create(api, namespace, api_key("alice", rotationOverlap=3600, rotate=str(number)))
                await eventually(partial(has_read, team, number + 2), within=10)
            await asyncio.sleep(0.5)
            done.set()
            await traffic
            assert len(team.keys) == ROTATIONS + 1
            assert set(team.statuses) == {200}, f"{len(team.statuses)} requests"
            begun = time.monotonic()
            await create(api, namespace, api_key("alice", rotationOverlap=0, rotate=str(ROTATIONS - 1)))
            await eventually(lambda: refuses(team, team.keys[-2]), within=1, interval=0.02)
            shut = time.monotonic() - begun
            assert await team.ask(team.keys[-1]) == 200
            begun = time.monotonic()
            await api.delete("ApiKey", namespace, "alice")
            await eventually(lambda: refuses(team, team.keys[-1]), within=1, interval=0.02)
            gone = time.monotonic() - begun
    finally:
        operator.terminate()
    print(json.dumps({"requests": len(team.statuses), "overlap_cut_s": round(shut, 3), "deleted_s": round(gone, 3)}))


async def answers(team: Team, status: int) -> bool:
    with suppress(NotFound):
        return await team.ask(await team.read_key()) == status
    return False


async def refuses(team: Team, key: str) -> bool:
    return await team.ask(key) == 401


async def has_read(team: Team, count: int) -> bool:
    return len(team.keys) == count

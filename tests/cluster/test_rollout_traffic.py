"""Requests through the gateway while the only replica is replaced: held, not lost. Control runs from source and Envoy
beside it, in front of real pods.
"""

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import yaml

from inferops.names import Manifest, instance_id
from tests.cluster.here import Here
from tests.cluster.test_rollout import engine, read_all, remove, roll_out
from tests.gateway.gateway import CHAT, Gateway, find_envoy
from tests.support.eventually import eventually

__all__ = ["engine"]  # a fixture
DOMAIN = "inferops.local"
QUESTION: Manifest = {"model": "m", "max_tokens": 2, "messages": [{"role": "user", "content": "hello"}]}


@asynccontextmanager
async def run_control(here: Here, gateway: Gateway) -> AsyncIterator[None]:
    """`inferops control` for the namespace."""
    settings = {
        "namespace": here.namespace,
        "watchNamespaces": [here.namespace],
        "gateway": {"domain": DOMAIN, "xdsPort": gateway.xds_port},
        "scaler": {"port": gateway.scaler_port},
        "healthPort": gateway.admin_port + 1,
    }
    file = gateway.folder / "settings.yaml"
    file.write_text(yaml.safe_dump(settings))
    environment = os.environ | {"KUBECONFIG": str(here.kubectl.kubeconfig), "INFEROPS_SETTINGS": str(file)}
    command = [sys.executable, "-m", "inferops", "control", "--identity", "control", "--log-format", "plain"]
    process = await asyncio.create_subprocess_exec(*command, env=environment)
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


class Crowd:
    """Asks all the time, each a little after the other, and counts what comes back."""

    def __init__(self, gateway: Gateway, host: str) -> None:
        self.answers: Counter[int | str] = Counter()
        self.longest = 0.0
        self._url, self._host = f"{gateway.url}{CHAT}", host
        self._asking: set[asyncio.Task[None]] = set()

    async def run(self, http: httpx.AsyncClient) -> None:
        """Until cancelled."""
        while True:
            task = asyncio.create_task(self._ask(http))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)
            await asyncio.sleep(0.2)

    async def finish(self) -> None:
        """Until the last has its answer."""
        await asyncio.gather(*self._asking)

    async def _ask(self, http: httpx.AsyncClient) -> None:
        begun = time.monotonic()
        try:
            answer = await http.post(self._url, json=QUESTION, headers={"host": self._host})
            self.answers[answer.status_code] += 1
        except httpx.HTTPError as error:
            self.answers[repr(error)] += 1
        self.longest = max(self.longest, time.monotonic() - begun)


async def test_no_request_is_lost_while_the_only_replica_is_replaced(
    operator_here: Here, engine: str, tmp_path: Path
) -> None:
    here = operator_here
    if here.operator is None:
        pytest.skip("the installed control serves the namespace already")
    model = {"engine": "vLLM", "image": engine, "source": "file:///none", "servedName": "m", "features": ["chat"]}
    here.write("Model", here.named("busy"), {**model, "defaultHardware": here.named("cpu")})
    scale = {"min": 1, "max": 1, "triggers": {"cpu": {"threshold": 80}}}
    regions = [{"region": here.named("here"), "scale": scale}]
    rollout = {"strategy": "Recreate", "drainSeconds": 5}
    spec: Manifest = {"model": here.named("busy"), "auth": "None", "rollout": rollout, "regions": regions}
    await roll_out(here, "busy", spec, 1)
    gateway = Gateway(tmp_path, find_envoy())
    crowd = Crowd(gateway, f"{instance_id(here.namespace, 'busy')}.{DOMAIN}")
    async with run_control(here, gateway), gateway.envoy(), httpx.AsyncClient(timeout=90) as http:
        await eventually(lambda: is_answered(http, gateway, crowd), within=30)
        (before,) = read_all(here, "busy")
        asking = asyncio.create_task(crowd.run(http))
        await roll_out(here, "busy", {**spec, "args": ["--max-model-len", "2048"]}, 1)
        await asyncio.sleep(2)  # requests that only the new pod has answered
        asking.cancel()
        await crowd.finish()
    (after,) = await eventually(lambda: find_only(here, "busy"), within=30)
    assert before["metadata"]["uid"] != after["metadata"]["uid"]
    assert set(crowd.answers) == {httpx.codes.OK}, crowd.answers
    assert crowd.longest > 1, "nothing was held: the test has shown nothing"
    print(f"{crowd.answers.total()} requests, the longest took {crowd.longest:.1f} s")
    await remove(here, "busy")


def find_only(here: Here, name: str) -> list[Manifest]:
    """Its pod, once the one before is gone."""
    pods = read_all(here, name)
    return pods if len(pods) == 1 else []


async def is_answered(http: httpx.AsyncClient, gateway: Gateway, crowd: Crowd) -> bool:
    """Whether the gateway knows the instance."""
    answer = await http.post(f"{gateway.url}{CHAT}", json=QUESTION, headers={"host": crowd._host})
    return answer.is_success

"""The module's access log: what it says, and that nothing of it is lost."""

import asyncio
import json
import os
import signal
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from inferops.metering.journal import Journal
from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, SHARED, Gateway, host_of
from tests.gateway.objects import ALICE, BOB
from tests.support.eventually import eventually

pytestmark = pytest.mark.slow
WARM = host_of("warm")
BODY = b'{"model": "tiny"}'
REQUEST = (
    f"POST {CHAT} HTTP/1.1\r\nhost: {WARM}\r\nx-api-key: {ALICE}\r\ncontent-type: application/json\r\n"
    f"content-length: {len(BODY)}\r\n\r\n"
).encode() + BODY
ENVOYS = {
    "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
    "log_format": {
        "json_format": {
            "id": "%REQ(X-REQUEST-ID)%",
            "client_request_id": "%REQ(X-CLIENT-REQUEST-ID):512%",
            "time": "%START_TIME%",
            "client": "%REQ(X-CLIENT-ID)%",
            "ip": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
            "instance": "%ROUTE_NAME%",
            "method": "%REQ(:METHOD)%",
            "path": "%PATH(NQ:ORIG_OR_PATH)%",
            "status": "%RESPONSE_CODE%",
            "details": "%RESPONSE_CODE_DETAILS%",
            "flags": "%RESPONSE_FLAGS%",
            "ms": "%DURATION%",
            "ttft_ms": "%COMMON_DURATION(DS_RX_BEG:US_RX_BODY_BEG:ms)%",
            "bytes_in": "%BYTES_RECEIVED%",
            "bytes_out": "%BYTES_SENT%",
            "upstream": "%UPSTREAM_HOST%",
            "attempts": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
        }
    },
}
"""How Envoy itself says what a line has of it."""


def add_envoys(part: Any, path: Path) -> None:
    """Envoy's own log beside ours, wherever that is."""
    if isinstance(part, dict):
        for name, value in part.items():
            if name == "access_log":
                value.append({"name": "file", "typed_config": ENVOYS | {"path": str(path)}})
            else:
                add_envoys(value, path)
    elif isinstance(part, list):
        for value in part:
            add_envoys(value, path)


def by_id(lines: str) -> dict[str, dict[str, Any]]:
    return {record["id"]: record for record in map(json.loads, lines.splitlines())}


async def ask_variously(gateway: Gateway, engine: Engine) -> None:
    """Answered, refused, retried, broken off by client and engine, limited in size."""
    for host, key in ((WARM, ALICE), (WARM, "no"), (WARM, BOB), (SHARED, ALICE), ("none", ALICE)):
        async with gateway.client(host, key, **{"x-client-request-id": 'm"e'}) as client:
            await client.post(f"{CHAT}?a=b", json={"model": "tiny"})
            await client.get("/nowhere/\u00fc?x")
    async with gateway.client(WARM, ALICE) as client:
        with suppress(httpx.HTTPError):  # it is refused before it has come
            await client.post(CHAT, content=b"x" * (33 << 20), headers={"content-type": "application/json"})
        await client.post(CHAT, json={"status": 400})
        with suppress(httpx.HTTPError):
            await client.post(CHAT, json={"delay": 5}, timeout=0.2)
        async with client.stream("POST", CHAT, json={"stream": True, "pause": 0.2}) as answer:
            await anext(answer.aiter_bytes())
        engine.breaking = True
        await client.post(CHAT, json={})
        engine.breaking = False


async def test_a_line_says_what_envoys_own_log_says(idle_gateway: Gateway, engine: Engine) -> None:
    gateway, path = idle_gateway, idle_gateway.folder / "envoys.json"
    bootstrap = yaml.safe_load(gateway.bootstrap())
    add_envoys(bootstrap, path)
    async with gateway.control(), gateway.envoy(bootstrap=yaml.safe_dump(bootstrap)):
        await ask_variously(gateway, engine)
        ours = await eventually(lambda: by_id(gateway.read_log()) if len(gateway.read_log().splitlines()) >= 15 else {})
        theirs = await eventually(lambda: found if len(found := by_id(path.read_text())) >= len(ours) else {})
    assert ours.keys() == theirs.keys()
    for record, envoys in ((ours[each], theirs[each]) for each in theirs):
        assert {name: record[name] for name in envoys} == envoys
    assert {record["flags"] for record in ours.values()} >= {"-", "NR", "DC"}


class Load:
    """Connections that ask one request after the other. `answered`: ids of those that were answered wholly."""

    def __init__(self, gateway: Gateway, connections: int = 16) -> None:
        self._gateway, self._connections = gateway, connections
        self.answered: list[str] = []
        self.failed = 0

    async def run(self, requests: int) -> None:
        """Ends when so many were answered, or the gateway is gone."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(self._connections):
                tasks.create_task(self._ask(requests))

    async def _ask(self, requests: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._gateway.port)
        try:
            while len(self.answered) < requests:
                writer.write(REQUEST)
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
                await reader.readexactly(int(fields["content-length"]))
                self.answered.append(fields["x-request-id"])
        except (OSError, asyncio.IncompleteReadError):
            self.failed += 1
        finally:
            writer.close()


def read_all(journal: Journal) -> Iterator[dict[str, Any]]:
    """All that is there now, acknowledged."""
    while (batch := journal.read()).position:
        yield from map(json.loads, batch.lines.splitlines())
        journal.acknowledge(batch.position)


@asynccontextmanager
async def reading(journal: Journal, records: list[dict[str, Any]]) -> AsyncIterator[None]:
    """As a meter reads, beside the load."""

    async def read() -> None:
        while True:
            records.extend(read_all(journal))
            await asyncio.sleep(0.05)

    task = asyncio.create_task(read())
    try:
        yield
    finally:
        task.cancel()
        records.extend(read_all(journal))


async def test_short_requests_are_all_in_the_journal_once_and_its_files_go(gateway: Gateway) -> None:
    """Some twenty segments."""
    load, records = Load(gateway), list[dict[str, Any]]()
    async with reading(Journal(gateway.access_log), records):
        await load.run(20_000)
        await eventually(lambda: len(records) >= len(load.answered))
    assert Counter(record["id"] for record in records) == Counter(load.answered)
    assert load.failed == 0
    assert sum(path.stat().st_size for path in gateway.access_log.glob("*.log")) <= 8 << 20


async def test_kill_9_of_envoy_loses_and_doubles_no_request(idle_gateway: Gateway) -> None:
    gateway = idle_gateway
    load, records = Load(gateway), list[dict[str, Any]]()
    journal = Journal(gateway.access_log)
    async with gateway.control(), reading(journal, records):
        for _ in range(3):
            async with gateway.envoy() as envoy:
                run = asyncio.create_task(load.run(len(load.answered) + 100_000))
                begun = len(load.answered)
                await eventually(lambda: len(load.answered) > begun + 1000)  # noqa: B023
                envoy.kill()
                await run
    seen = Counter(record["id"] for record in records)
    assert set(load.answered) - seen.keys() == set()
    assert [each for each, times in seen.items() if times > 1] == []
    assert 0 < len([record for record in records if record.get("broken") == "gateway"]) <= load.failed
    assert list(gateway.access_log.iterdir()) == []


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
async def test_what_a_stream_had_used_when_envoy_ended_is_known_and_the_gateway_broke_it_off(
    idle_gateway: Gateway, end: signal.Signals
) -> None:
    gateway = idle_gateway
    ask = {"stream": True, "counted": True, "chunks": 100, "pause": 0.05}
    async with gateway.control(), AsyncExitStack() as stack:
        envoy = await stack.enter_async_context(gateway.envoy())
        client = await stack.enter_async_context(gateway.client(WARM, ALICE))
        answer = await stack.enter_async_context(client.stream("POST", CHAT, json=ask))
        lines = answer.aiter_lines()
        while '"completion_tokens": 5' not in await anext(lines):
            pass
        envoy.send_signal(end)
        await envoy.wait()
    [record] = read_all(Journal(gateway.access_log))
    assert (record["broken"], record["status"], record["client"]) == ("gateway", 200, "team/alice")
    assert (record["id"], record["path"]) == (answer.headers["x-request-id"], CHAT)
    assert json.loads(record["usage"])["completion_tokens"] in {5, 6}
    assert list(gateway.access_log.iterdir()) == []


async def test_lost_lines_are_counted_under_the_name_that_the_alert_asks_for(gateway: Gateway) -> None:
    async with httpx.AsyncClient() as client:
        metrics = (await client.get(f"http://127.0.0.1:{gateway.health_port}/stats/prometheus")).text
    assert "envoy_dynamicmodulescustom_inferops_log_lines_lost{} 0" in metrics.splitlines()


@contextmanager
def mounted(folder: Path, size: str) -> Iterator[None]:
    """A small volume."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a file system")
async def test_a_full_volume_costs_no_request_and_no_line_once_there_is_room(idle_gateway: Gateway) -> None:
    gateway = idle_gateway
    load, records = Load(gateway), list[dict[str, Any]]()
    with mounted(gateway.access_log, "5m"):
        async with gateway.control(), gateway.envoy():
            await load.run(12_000)
            assert (load.failed, len(load.answered) > len(gateway.read_log().splitlines())) == (0, True)
            async with reading(Journal(gateway.access_log), records):
                await eventually(lambda: len(records) >= len(load.answered))
    assert Counter(record["id"] for record in records) == Counter(load.answered)

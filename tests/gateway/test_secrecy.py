"""Keys are in requests alone: not in the gateway's configuration, logs or statistics, nor, when they are over, in its
memory; and never in control.
"""

import asyncio
import hashlib
import json
import secrets
from pathlib import Path

import httpx

from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, SHARED, TLS, Gateway, host_of
from tests.gateway.objects import ALICE, api_key, fill, key_hash
from tests.gateway.test_control import Control
from tests.support.eventually import eventually

WARM = host_of("warm")
TINY = {"model": "Tiny/Chat-1"}
KEYS, LATER = 100, 4000
ADMIN_PAGES = ("config_dump?include_eds", "stats", "clusters", "listeners", "runtime", "server_info", "memory")


def read_memory(pid: int) -> bytes:
    """Everything that a process may read of its own."""
    process, parts = Path(f"/proc/{pid}"), []
    with (process / "mem").open("rb") as memory:
        for line in (process / "maps").read_text().splitlines():
            addresses, access, *_ = line.split()
            first, last = (int(edge, 16) for edge in addresses.split("-"))
            if access.startswith("rw"):
                memory.seek(first)
                parts.append(memory.read(last - first))
    return b"".join(parts)


async def ask_everywhere(gateway: Gateway, key: str) -> set[int]:
    """By every way in, with either header."""
    statuses = set()
    for host in (WARM, SHARED, "no.such.host"):
        for headers in ({"x-api-key": key}, {"authorization": f"Bearer {key}"}):
            async with gateway.client(host, **headers) as client:
                for path in (CHAT, "/v1/models", "/v1/audio/transcriptions"):
                    statuses.add((await client.post(path, json=TINY)).status_code)
    return statuses


async def test_keys_are_nowhere_but_in_the_requests(idle_gateway: Gateway, engine: Engine) -> None:
    """With keys that no other test knows: this process has seen the others."""
    good, wrong = secrets.token_hex(24), secrets.token_hex(24)
    gateway = idle_gateway
    limited = api_key("alice", limits={"requestsPerMinute": 1000})
    control = Control(gateway, [*fill(engine.address, engine.port), limited, key_hash("alice", good)])
    async with gateway.envoy(wait=False), control.run() as process:
        await eventually(gateway.is_ready)
        assert await ask_everywhere(gateway, good) >= {200}
        assert await ask_everywhere(gateway, wrong) == {401}
        await asyncio.sleep(0.2)
        async with httpx.AsyncClient(verify=TLS) as admin:
            pages = {
                page: (await admin.get(f"http://127.0.0.1:{gateway.admin_port}/{page}")).text for page in ADMIN_PAGES
            }
        pages["access log"], pages["log"] = gateway.read_log(), gateway.log.read_text()
        pages["engine"] = json.dumps(engine.seen)
        memory = read_memory(process.pid)
    assert "team/alice" in pages["access log"]
    assert b"team/alice" in memory
    for key in (good, wrong):
        assert [page for page, text in pages.items() if key in text] == []
        assert key.encode() not in memory, "control"


async def test_the_gateway_keeps_no_key_of_requests_that_are_over(idle_gateway: Gateway, engine: Engine) -> None:
    """What others leave in freed memory is overwritten by later requests; what is kept on purpose is not."""
    gateway, keys = idle_gateway, [secrets.token_hex(24) for _ in range(KEYS)]
    gateway.put(*fill(engine.address, engine.port))
    async with gateway.control(), gateway.envoy() as process:

        async def ask(key: str, count: int) -> None:
            async with gateway.client(WARM, key) as client:
                for _ in range(count):
                    await client.post(CHAT, json=TINY)

        for key in keys:
            await ask(key, 2)
        await asyncio.gather(*(ask(ALICE, LATER // 20) for _ in range(20)))
        memory = read_memory(process.pid)
    assert hashlib.sha256(ALICE.encode()).hexdigest().encode() in memory, "the list of keys is"
    assert len([key for key in keys if key.encode() in memory]) <= KEYS // 20

"""The whole way of a record, as processes that a test may kill: engine, control, Envoy, meter, ledger."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy
import yaml

from bench.go_programs import build_program
from inferops.metering.ledger.database import open_postgresql, open_sqlite, reading
from inferops.metering.ledger.tables import hours, records
from tests.gateway.gateway import SEARCH_PATH, TLS, Gateway, find_envoy, find_module, host_of
from tests.gateway.objects import ALICE, DOMAIN, api_key, endpoint_slice, instance, key_hash, model
from tests.support.eventually import eventually
from tests.support.part import Part
from tests.support.ports import find_free_ports
from tests.support.usage_load import Heard
from tests.support.usage_truth import Differences, compare, compare_hours, read_produced, read_stored

ROOT = Path(__file__).resolve().parents[2]
ENGINE = ROOT / "dev/images/engine"
ENGINE_OPTIONS = (
    *("--host", "127.0.0.1", "--served-model-name", "tiny"),
    *("--enable-force-include-usage", "--max-num-seqs", "1024"),
)
ENVOY_OPTIONS = ("--concurrency", "2", "--log-level", "warning", "--use-dynamic-base-id")
SOURCES = os.pathsep.join(str(ROOT / folder) for folder in (".", "operator"))
CONTROL = Path(__file__).parent / "control_process.py"


@dataclass(frozen=True)
class Metered:
    """Use `run_metered`."""

    gateway: Gateway
    engine_url: str
    database: sqlalchemy.Engine
    engine: Part
    control: Part
    envoy: Part
    meter: Part
    ledger: Part

    @property
    def headers(self) -> dict[str, str]:
        """Of a request that is answered."""
        return {"host": host_of("warm"), "x-api-key": ALICE}

    async def compare(self, heard: Heard) -> Differences:
        """What the engine says and the clients heard, beside what is in the database."""
        async with httpx.AsyncClient(verify=TLS) as client:
            produced = read_produced((await client.get(f"{self.engine_url}/produced")).text)
        with reading(self.database) as connection:
            rows, sums = ([row._asdict() for row in connection.execute(table.select())] for table in (records, hours))
        stored = read_stored(rows)
        differences = compare(produced, stored, heard.used)
        differences.rolled_up = compare_hours(stored, sums)
        return differences

    async def answers(self) -> bool:
        """Whether a request comes to the engine."""
        try:
            async with httpx.AsyncClient(verify=TLS, headers=self.headers) as client:
                return (await client.get(f"{self.gateway.url}/v1/models")).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False


@asynccontextmanager
async def run_metered(
    folder: Path, kubeconfig: Path, database: str | None = None, journal: Path | None = None
) -> AsyncIterator[Metered]:
    """All of it, once it answers. `kubeconfig`: of the API server that tells the ledger prices; `database`: URL of a
    PostgreSQL, else SQLite in `folder`; `journal`: its folder.
    """
    gateway = Gateway(folder, find_envoy())
    gateway.access_log = journal or folder / "journal"
    gateway.access_log.mkdir(exist_ok=True)
    engine_port, ledger_port, *health_ports = find_free_ports(4)
    (folder / "objects.yaml").write_text(yaml.safe_dump_all(build_objects(engine_port)))
    (folder / "envoy.yaml").write_text(gateway.bootstrap())
    (folder / "database-url").write_text(database or "")
    for name, health_port in zip(("meter", "ledger"), health_ports, strict=True):
        settings = build_settings(folder, ledger_port, health_port, database)
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(settings))
    parts = build_parts(gateway, engine_port, health_ports[1], kubeconfig)
    opened = open_postgresql(database) if database else open_sqlite(folder / "ledger.db")
    async with AsyncExitStack() as stack:
        stack.callback(opened.dispose)
        for part in parts.values():
            await stack.enter_async_context(part)
        metered = Metered(gateway, f"http://127.0.0.1:{engine_port}", opened, **parts)
        await eventually(metered.answers, within=60)
        yield metered


def build_parts(gateway: Gateway, engine_port: int, ledger_health: int, kubeconfig: Path) -> dict[str, Part]:
    """By name, in the order in which they start."""
    folder, inferops = gateway.folder, (sys.executable, "-m", "inferops")
    around = {"KUBECONFIG": str(kubeconfig), "POD_NAME": "gateway-1", "PYTHONPATH": SOURCES}
    addresses = (f"127.0.0.1:{gateway.xds_port}", f"127.0.0.1:{gateway.scaler_port}")
    ports = ("--admin-port", str(gateway.admin_port), "--metrics-port", str(gateway.meter_port))
    commands = {
        "engine": (str(build_program(ENGINE)), *ENGINE_OPTIONS, "--port", str(engine_port)),
        "control": (sys.executable, str(CONTROL), str(folder / "objects.yaml"), *addresses),
        "ledger": (*inferops, "ledger"),
        "envoy": (find_envoy(), "-c", str(folder / "envoy.yaml"), *ENVOY_OPTIONS),
        "meter": (*inferops, "meter", "--access-log", str(gateway.access_log), *ports),
    }
    own = {name: {"INFEROPS_SETTINGS": str(folder / f"{name}.yaml")} for name in ("meter", "ledger")}
    own["envoy"] = {SEARCH_PATH: find_module()}
    ready = {
        "engine": f"{engine_port}/health",
        "ledger": f"{ledger_health}/readyz",
        "envoy": f"{gateway.health_port}/ready",
        "meter": f"{gateway.meter_port}/metrics",
    }
    return {
        name: Part(
            folder / f"{name}.out",
            command,
            around | own.get(name, {}),
            f"http://127.0.0.1:{ready[name]}" if name in ready else "",
        )
        for name, command in commands.items()
    }


def build_objects(engine_port: int) -> list[dict[str, Any]]:
    """One instance, of which the engine is the replica, and its key."""
    return [
        model("tiny", servedName="tiny"),
        api_key("alice"),
        key_hash("alice", ALICE),
        instance("warm", apiKeys=["alice"]),
        endpoint_slice("warm", ("127.0.0.1", engine_port, True)),
    ]


def build_settings(folder: Path, ledger_port: int, health_port: int, database: str | None) -> dict[str, Any]:
    """Of one process."""
    ledger = {"port": ledger_port, "address": f"127.0.0.1:{ledger_port}", "path": str(folder / "ledger.db")}
    if database:
        ledger |= {"urlFile": str(folder / "database-url")}
    return {"gateway": {"domain": DOMAIN}, "healthPort": health_port, "ledger": ledger}

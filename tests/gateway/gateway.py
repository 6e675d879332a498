"""A real Envoy beside the real control plane, whose stores the test fills."""

import asyncio
import json
import os
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import openai

from inferops.cluster.store import Store, name_of
from inferops.control.idleness import Idleness
from inferops.control.plane import ControlPlane
from inferops.control.world import build_stores
from inferops.gateway.bootstrap import BootstrapSettings, render_bootstrap
from inferops.metering.segments import Segment
from inferops.names import Manifest, instance_id
from inferops.settings import Settings
from tests.gateway.objects import DOMAIN, NAMESPACE, SETTINGS
from tests.support.eventually import eventually
from tests.support.ports import find_free_ports

TLS = ssl.create_default_context()
"""Not used, but httpx would spend 20 ms on one of its own for each client."""
UNBOUNDED = httpx.Limits()
SHARED = f"api.{DOMAIN}"
CHAT = "/v1/chat/completions"
SEARCH_PATH = "ENVOY_DYNAMIC_MODULES_SEARCH_PATH"


def path_of(name: str, namespace: str = NAMESPACE) -> str:
    """Where an instance is by its id, on any host."""
    return f"/v2/{instance_id(namespace, name)}/openai{CHAT}"


def host_of(name: str, namespace: str = NAMESPACE) -> str:
    return f"{instance_id(namespace, name)}.{DOMAIN}"


def find_envoy() -> str:
    """Path of the binary that the gateway's image has."""
    return os.environ.get("ENVOY") or ask_images("envoy")


@cache
def find_module() -> str:
    """Path of the folder that has the gateway's module."""
    return os.environ.get("MODULE") or ask_images("module")


def ask_images(what: str) -> str:
    """One of the paths that dev.images knows; built or downloaded where it is missing."""
    command = [sys.executable, "-m", "dev.images", what]
    repository = Path(__file__).resolve().parents[2]
    return subprocess.run(command, cwd=repository, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


class Gateway:
    """One Envoy and one control plane."""

    def __init__(self, folder: Path, binary: str, settings: Settings = SETTINGS) -> None:
        self.folder = folder
        self.stores: dict[str, Store] = build_stores()
        self.settings = settings
        self.plane = ControlPlane(settings, self.stores)
        ports = iter(find_free_ports(7))
        self.xds_port, self.scaler_port, self.port, self.secure_port = (
            next(ports),
            next(ports),
            next(ports),
            next(ports),
        )
        self.health_port, self.admin_port, self.meter_port = ports
        self.log = folder / "envoy.log"
        self.access_log = folder / "journal"
        self._binary = binary

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def bootstrap(self, settings: dict[str, Any] | None = None, **blanks: Any) -> str:
        """Envoy's configuration; GatewaySettings' and BootstrapSettings' fields in place of the usual ones."""
        usual: dict[str, Any] = {
            "node": "gateway-1",
            "control_host": "127.0.0.1",
            "control_port": self.xds_port,
            "gateway": self.settings.gateway.model_copy(update=settings),
            "listen_address": "127.0.0.1",
            "port": self.port,
            "secure_port": self.secure_port,
            "health_port": self.health_port,
            "admin_port": self.admin_port,
            "meter_port": self.meter_port,
            "access_log": str(self.access_log),
            "folder": str(self.folder),
        }
        return render_bootstrap(BootstrapSettings(**usual | blanks))

    def read_log(self) -> str:
        """Lines of the access log that nobody has acknowledged, those first that began first."""
        segments = [Segment(path) for path in sorted(self.access_log.glob("*.log"))]
        lines = b"".join(segment.read(segment.size) for segment in segments).decode().splitlines(keepends=True)
        for segment in segments:
            segment.close()
        return "".join(sorted(lines, key=lambda line: str(json.loads(line)["time"])))

    def put(self, *objects: Manifest) -> None:
        """Tell control of new or changed objects."""
        for obj in objects:
            self.stores[obj["kind"]].put(obj)
            self.plane.touch(obj)

    def drop(self, obj: Manifest) -> None:
        self.stores[obj["kind"]].drop(*name_of(obj))
        self.plane.touch(obj)

    @asynccontextmanager
    async def control(self, host: str = "127.0.0.1", before: Idleness | None = None) -> AsyncIterator[None]:
        """The control plane in this process; `before`: what its predecessor knew."""
        self.plane.build(datetime.now(UTC))
        await self.plane.serve(f"{host}:{self.xds_port}", f"{host}:{self.scaler_port}", before)
        run = asyncio.create_task(self.plane.run())
        try:
            yield
        finally:
            run.cancel()
            with suppress(asyncio.CancelledError):
                await run
            await self.plane.close()

    @asynccontextmanager
    async def envoy(self, *, wait: bool = True, bootstrap: str = "") -> AsyncIterator[asyncio.subprocess.Process]:
        """The proxy; ready to serve unless told not to wait."""
        config = self.folder / "envoy.yaml"
        config.write_text(bootstrap or self.bootstrap())
        arguments = ["-c", str(config), "--concurrency", "2", "--log-level", "warning", "--use-dynamic-base-id"]
        arguments += ["--file-flush-interval-msec", "50", "--component-log-level", "misc:error"]
        environment = {**os.environ, SEARCH_PATH: find_module()}
        with self.log.open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                self._binary, *arguments, stdout=log, stderr=log, env=environment
            )
            try:
                if wait:
                    await eventually(self.is_ready, within=60)
                yield process
            finally:
                with suppress(ProcessLookupError):  # it may have ended by itself
                    process.kill()
                await process.wait()

    async def is_ready(self) -> bool:
        async with httpx.AsyncClient(verify=TLS) as client:
            try:
                answer = await client.get(f"http://127.0.0.1:{self.health_port}/ready")
            except httpx.TransportError:
                return False
        return answer.status_code == 200

    def client(self, host: str, key: str | None = None, **headers: str) -> httpx.AsyncClient:
        """A client that speaks to one host of the gateway."""
        given = {"host": host, **({"x-api-key": key} if key else {}), **headers}
        return httpx.AsyncClient(base_url=self.url, headers=given, timeout=30, verify=TLS, limits=UNBOUNDED)

    def openai(self, host: str, key: str, path: str = "/v1", **options: Any) -> openai.AsyncOpenAI:
        """The official client."""
        headers = {"host": host}
        options = {"max_retries": 0, "timeout": 30, **options}
        return openai.AsyncOpenAI(api_key=key, base_url=self.url + path, default_headers=headers, **options)

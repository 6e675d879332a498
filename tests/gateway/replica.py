"""`inferops control` as a process, and the objects that it reads, on a real API server."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import yaml

from inferops.cluster.client import Client
from inferops.names import API_VERSION, Manifest
from tests.apiserver.test_chart import NAMESPACE as SYSTEM
from tests.gateway.gateway import TLS, Gateway
from tests.gateway.objects import DOMAIN
from tests.support.ports import find_free_ports


class Replica:
    """One control process."""

    def __init__(self, gateway: Gateway, kubeconfig: Path, namespace: str, identity: str) -> None:
        (self.port,) = find_free_ports(1)
        settings = {
            "namespace": SYSTEM,
            "watchNamespaces": [namespace],
            "gateway": {"domain": DOMAIN, "xdsPort": gateway.xds_port},
            "scaler": {"port": gateway.scaler_port},
            "healthPort": self.port,
        }
        self._settings = gateway.folder / f"{identity}.yaml"
        self._settings.write_text(yaml.safe_dump(settings))
        self._environment = {**os.environ, "KUBECONFIG": str(kubeconfig), "INFEROPS_SETTINGS": str(self._settings)}
        self._identity = identity

    @asynccontextmanager
    async def run(self) -> AsyncIterator["asyncio.subprocess.Process"]:
        arguments = ["-m", "inferops", "control", "--identity", self._identity, "--log-format", "plain"]
        process = await asyncio.create_subprocess_exec(sys.executable, *arguments, env=self._environment)
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def is_ready(self) -> bool:
        return await self.ask("readyz") == 200

    async def ask(self, path: str) -> int:
        """Status of a health path; 0: nobody listens."""
        async with httpx.AsyncClient(verify=TLS) as client:
            try:
                return (await client.get(f"http://127.0.0.1:{self.port}/{path}")).status_code
            except httpx.TransportError:
                return 0


def fresh(obj: Manifest, namespace: str) -> Manifest:
    """The object as one creates it."""
    kept = {key: value for key, value in obj["metadata"].items() if key in {"name", "labels"}}
    return {**obj, "metadata": {**kept, **({"namespace": namespace} if "namespace" in obj["metadata"] else {})}}


async def create(api: Client, namespace: str, *objects: Manifest) -> None:
    """In that order; hashes belong to the ApiKey that is there."""
    for obj in objects:
        manifest = fresh(obj, namespace)
        for owner in obj["metadata"].get("ownerReferences", ()):
            uid = (await api.get(owner["kind"], namespace, owner["name"]))["metadata"]["uid"]
            manifest["metadata"]["ownerReferences"] = [{**owner, "apiVersion": API_VERSION, "uid": uid}]
        await api.apply(manifest, manager="test")

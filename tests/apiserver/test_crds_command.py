"""`inferops crds apply`, also where somebody has just deleted the definitions."""

import asyncio
import os
import sys
from pathlib import Path

from tests.support.apiserver import ApiServer, start_apiserver
from tests.support.crds import CRD_PATH
from tests.support.eventually import eventually
from tests.support.operator_world import MODEL, build

MODELS = "/apis/inferops.dev/v1alpha1/models"
DEFINITION = f"{CRD_PATH}/models.inferops.dev"


async def apply(server: ApiServer) -> asyncio.subprocess.Process:
    """Begun, in a process of its own."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "inferops", "crds", "apply"),
        env=os.environ | {"KUBECONFIG": str(server.kubeconfig)},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_a_definition_that_is_being_deleted_is_applied_once_it_is_gone(tmp_path: Path) -> None:
    with start_apiserver(tmp_path) as server:
        assert await (await apply(server)).wait() == 0
        await eventually(lambda: server.http.get(MODELS).is_success)
        held = build("Model", "held", MODEL)
        held["metadata"]["finalizers"] = ["example.com/slow"]
        server.http.post(MODELS, json=held).raise_for_status()
        first = server.http.get(DEFINITION).json()["metadata"]["uid"]
        server.http.delete(DEFINITION).raise_for_status()

        again = await apply(server)
        assert again.stderr
        assert await again.stderr.readline() == b"models.inferops.dev is being deleted; waiting for that\n"
        merge = {"content-type": "application/merge-patch+json"}
        server.http.patch(f"{MODELS}/held", json={"metadata": {"finalizers": None}}, headers=merge).raise_for_status()
        await again.communicate()
        assert again.returncode == 0
        metadata = server.http.get(DEFINITION).json()["metadata"]
        assert metadata["uid"] != first
        assert "deletionTimestamp" not in metadata

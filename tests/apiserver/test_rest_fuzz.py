"""schemathesis asks the REST API what its OpenAPI document allows, what it forbids, and one thing after the other: no
answer may contradict the document, and none may be a 500.
"""

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

from inferops.api.app import PREFIX
from inferops.cluster.client import Client
from tests.support.api_process import ApiServerProcess
from tests.support.apiserver import ApiServer
from tests.support.eventually import eventually
from tests.support.ledger_rows import fill
from tests.support.ledger_server import start_ledger
from tests.support.rest import make_key, make_namespace
from tests.support.rest_examples import make_examples

LONG = bool(os.environ.get("LONG"))
OPTIONS = ("--max-examples", "50") if LONG else ("--max-examples", "4", "--phases", "examples,fuzzing,stateful")
CASES = 2000 if LONG else 200
"""At least."""
CONFIG = Path(__file__).parent / "cases" / "rest" / "schemathesis.toml"


@pytest.mark.slow
async def test_nothing_that_can_be_asked_breaks_the_document(own: ApiServer, client: Client, tmp_path: Path) -> None:
    namespace = await make_namespace(client)
    key = await make_key(client, namespace, "manager")
    await make_examples(client, namespace)
    async with start_ledger(tmp_path) as ledger:
        with ledger.engine.begin() as rows:
            fill(rows, namespace)
        process = ApiServerProcess(tmp_path, own.kubeconfig, {"ledger": {"address": ledger.settings.address}})
        try:
            await eventually(process.is_ready, within=60)
            status, output = await run_schemathesis(process.url.removesuffix(PREFIX), key, tmp_path)
        finally:
            process.terminate()
    log = process.log.read_text()
    assert status == 0, output[-6000:]
    found = re.search(r"(\d+) generated", output)
    assert found, output
    assert int(found[1]) >= CASES, output
    assert "request failed" not in log
    assert key not in log


async def run_schemathesis(url: str, key: str, folder: Path) -> tuple[int | None, str]:
    """Exit status and output."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", CONFIG, "run", f"{url}/openapi.json"),
        *("--header", f"x-api-key: {key}", "--seed", "1", "--no-color", *OPTIONS),
    ]
    process = await asyncio.create_subprocess_exec(
        *map(str, command), cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output = (await process.communicate())[0].decode()
    return process.returncode, output

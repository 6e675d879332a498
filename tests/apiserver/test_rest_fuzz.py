"""schemathesis asks the REST API what its OpenAPI document allows, what it forbids, and one thing after the other: no
answer may contradict the document, and none may be a 500.
"""

import asyncio
import json
import os
import re
import sys
from pathlib import Path

import pytest

from inferops.cluster.client import Client
from tests.support.apiserver import ApiServer
from tests.support.rest import make_key, make_namespace
from tests.support.rest_examples import make_examples
from tests.support.rest_process import start_process

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
    async with start_process(tmp_path, own.kubeconfig, {}) as process:
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", CONFIG, "run", f"{process.url}/openapi.json"),
            *("--header", f"x-api-key: {key}", "--seed", "1", "--no-color", *OPTIONS),
        ]
        fuzzer = await asyncio.create_subprocess_exec(
            *map(str, command), cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        output = (await fuzzer.communicate())[0].decode()
        log = [json.loads(line) for line in process.log.read_text().splitlines() if line.startswith("{")]
    found = re.search(r"(\d+) generated", output)
    assert found, output
    assert int(found[1]) >= CASES, output
    assert fuzzer.returncode == 0, output[-6000:]
    assert not [line for line in log if line.get("message") == "request failed"]
    assert key not in process.log.read_text()

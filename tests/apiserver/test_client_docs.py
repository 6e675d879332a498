"""The examples of docs/client.md run as they stand, and in both clients everything is there."""

import asyncio
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from inferops.client import AsyncClient, Client, Conflict, NotFound
from inferops.client.connection import PAGE
from inferops.errors import NotFound as NotThere
from inferops.rest.instances import InstanceCreate, InstancePatch
from inferops.rest.registries import RegistryCreate
from inferops.rest.scaling import AutoScaling, Scale
from tests.support.cli import Terminal
from tests.support.eventually import eventually
from tests.support.rest import Rest

PAGE_OF_DOCS = Path(__file__).resolve().parents[2] / "docs" / "client.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE_OF_DOCS.read_text(), re.DOTALL)


async def answer(rest: Rest, name: str) -> None:
    """What the operator would do: the instance is ACTIVE once it is there."""

    async def is_active() -> bool:
        with suppress(NotThere):
            status = {"status": {"phase": "ACTIVE"}}
            await rest.client.patch("InferenceInstance", rest.namespace, name, status, subresource="status")
            return True
        return False

    await eventually(is_active, within=60)


async def test_the_five_examples_run(
    terminal: Terminal,
    rest: Rest,
    catalog: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    number = (await rest.client.get("Region", "", catalog))["spec"]["id"]
    monkeypatch.setenv("INFEROPS_URL", terminal.url)
    monkeypatch.setenv("INFEROPS_API_KEY", rest.key)
    assert len(EXAMPLES) == 5
    operator = asyncio.create_task(answer(rest, "support-chat"))
    said: list[str] = []
    for example in EXAMPLES:
        here = example.replace('"tiny-chat"', f'"{catalog}"').replace('"small"', f'"{catalog}"')
        here = re.sub(r"\b18\b", str(number), here)
        await asyncio.to_thread(exec, compile(here, "docs/client.md", "exec"), {"__name__": "example"})
        said.append(capsys.readouterr().out)
    await operator
    assert catalog in said[0]
    assert "ACTIVE" in said[1]
    assert "hardwareId" in said[2]
    assert said[3].startswith("support-chat ")
    assert said[4].startswith("inf-")


async def test_both_clients_do_the_same(terminal: Terminal, rest: Rest) -> None:
    def work() -> list[Any]:
        with Client(terminal.url, rest.key) as client:
            for index in range(PAGE + 1):
                client.registries.create(RegistryCreate(name=f"r{index:03}", url="ghcr.io"))
            return [client.me(), *client.registries.iterate()]

    made = await asyncio.to_thread(work)
    assert [each.id for each in made[1:]] == [f"r{index:03}" for index in range(PAGE + 1)]
    async with AsyncClient(terminal.url, rest.key) as client:
        assert [await client.me(), *[each async for each in client.registries.iterate()]] == made
        await client.registries.delete("r000")
        with pytest.raises(NotFound, match="r000"):
            await client.registries.get("r000")
    assert rest.key not in repr(client)


async def test_a_change_meanwhile_is_a_conflict(terminal: Terminal, rest: Rest, catalog: str) -> None:
    number = (await rest.client.get("Region", "", catalog))["spec"]["id"]
    regions = [AutoScaling(region_id=number, scale=Scale(min=1, max=1))]
    async with AsyncClient(terminal.url, rest.key) as client:
        await client.instances.create(
            InstanceCreate(name="chat", model_id=catalog, auto_scaling_configurations=regions)
        )
        version = await client.instances.version("chat")
        await client.instances.update("chat", InstancePatch(description="mine"), if_match=version)
        with pytest.raises(Conflict):
            await client.instances.update("chat", InstancePatch(description="theirs"), if_match=version)
        assert (await client.instances.get("chat")).description == "mine"

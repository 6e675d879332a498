"""`?wait=true`: the answer comes when nothing goes on any more."""

import asyncio
from typing import Any

import pytest

from tests.support.eventually import PATIENCE, eventually
from tests.support.rest import Rest
from tests.support.rest_instances import build_body, create, read_spec, write_status


@pytest.fixture
async def body(rest: Rest, catalog: str) -> dict[str, Any]:
    """A new instance."""
    return await build_body(rest, catalog)


async def test_a_caller_who_waits_is_answered_when_nothing_goes_on_any_more(rest: Rest, body: dict[str, Any]) -> None:
    waiting = asyncio.create_task(rest.http.post("/instances", json=body, params={"wait": "true", "timeout": 30}))

    async def is_there() -> bool:
        return bool((await rest.http.get("/instances")).json())

    await eventually(is_there)
    await write_status(rest, "chat", "RollingOut", "True", "DEPLOYING")
    await asyncio.sleep(0.3)
    assert not waiting.done()
    await write_status(rest, "chat", "ScaledToZero", phase="PENDING")
    await asyncio.sleep(0.3)
    assert not waiting.done(), "with scale.min 1 it does not sleep: its first replica was not asked for yet"
    await write_status(rest, "chat", "Settled")
    answer = await waiting
    assert (answer.status_code, answer.json()["status"]) == (201, "ACTIVE")


async def test_a_caller_who_waited_long_enough_gets_the_state_as_it_is(rest: Rest, body: dict[str, Any]) -> None:
    patience: dict[str, Any] = {"wait": "true", "timeout": 1}
    made = await rest.http.post("/instances", json=body, params=patience)
    assert (made.status_code, made.json()["status"]) == (201, "NEW")
    stopped = await rest.http.post("/instances/chat/stop", params=patience)
    assert (stopped.status_code, stopped.json()["_id"]) == (202, "chat")


async def test_a_stop_that_is_waited_for_answers_204(rest: Rest, body: dict[str, Any]) -> None:
    await create(rest, body)
    waiting = asyncio.create_task(rest.http.post("/instances/chat/stop", params={"wait": "true"}))

    async def is_stopped() -> bool:
        return bool((await read_spec(rest)).get("stopped"))

    await eventually(is_stopped)
    await write_status(rest, "chat", "Stopped", phase="DISABLED")
    assert (await waiting).status_code == 204


async def test_a_wait_ends_with_the_instance(rest: Rest, body: dict[str, Any]) -> None:
    await create(rest, body)
    waiting = asyncio.create_task(
        rest.http.patch("/instances/chat", json={"description": "d"}, params={"wait": "true"})
    )
    await asyncio.sleep(0.3)
    await rest.http.delete("/instances/chat")
    assert (await asyncio.wait_for(waiting, 5 * PATIENCE)).status_code == 200

"""The command line: keys, and looks at instances."""

import json

import pytest

from inferops.rest.instances import Instance
from tests.support.cli import Terminal
from tests.support.rest import Rest


async def test_a_key_is_made_changed_rotated_and_deleted(terminal: Terminal) -> None:
    limits = ("--requests-per-minute", "60", "--budget", "12.50/month")
    flags = ("--scope", "inference", *limits, "--expires", "2031-01-01")
    made = await terminal.read("keys", "create", "Nightly batch", *flags)
    assert made["expiresAt"] == "2031-01-01T00:00:00.000Z"
    name, secret = made["_id"], made["secret"]
    assert secret
    assert (made["limits"]["requestsPerMinute"], made["budget"]) == (60, {"amount": 12.5, "period": "month"})

    for told in (("keys", "list"), ("keys", "get", name), ("keys", "get", name, "-o", "yaml")):
        assert secret not in (await terminal.type(*told)).output
    changed = await terminal.read("keys", "update", name, "--tokens-per-minute", "9", "--disable", "--unset", "budget")
    assert changed["limits"] == {"requestsPerMinute": 60, "tokensPerMinute": 9}
    assert (changed["disabled"], changed["budget"]) == (True, None)
    assert (await terminal.read("keys", "rotate", name))["secret"] not in {secret, None}
    await terminal.type("keys", "delete", name, "--yes")
    await terminal.fail(3, "keys", "get", name)


async def test_a_person_sees_a_new_key_once(terminal: Terminal) -> None:
    shown = (await terminal.type("keys", "create", "ci", "--scope", "manage")).stdout.splitlines()
    assert shown[0].split() == ["Id:", "ci"]
    assert shown[-1].startswith("Key:")
    assert "choose another name" in await terminal.fail(5, "keys", "create", "ci")


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["keys", "create"], 2, "NAME"),
        (["keys", "create", "ci", "--scope", "root"], 2, "root"),
        (["keys", "create", "ci", "--expires", "soon"], 2, "--expires"),
        (["keys", "create", "ci", "--budget", "12"], 2, "budget.period"),
        (["keys", "create", "ci", "--requests-per-minute", "0"], 2, "limits.requestsPerMinute"),
        (["keys", "get", "nothing"], 3, "nothing"),
        (["keys", "update", "manager"], 2, "nothing to change"),
        (["keys", "rotate", "nothing"], 3, "nothing"),
        (["keys", "delete", "nothing", "--yes"], 3, "nothing"),
        (["keys", "delete", "nothing"], 2, "add --yes"),
        (["instances", "logs", "nothing"], 3, "nothing"),
        (["instances", "logs", "nothing", "-f"], 3, "nothing"),
        (["instances", "logs", "nothing", "--since", "soon"], 2, "must be such as"),
        (["instances", "events", "nothing"], 3, "nothing"),
        (["instances", "explain", "nothing"], 3, "nothing"),
    ],
)
async def test_what_makes_no_sense_is_told_in_a_line(
    terminal: Terminal, arguments: list[str], status: int, says: str
) -> None:
    assert says in await terminal.fail(status, *arguments)


@pytest.fixture
async def chat(terminal: Terminal, rest: Rest, catalog: str) -> Instance:
    """An instance that nobody runs, with the key that is logged in."""
    region = (await rest.client.get("Region", "", catalog))["spec"]["id"]
    what = ("--model", catalog, "--region", str(region), "--key", "manager")
    return Instance.model_validate(await terminal.read("instances", "create", "chat", *what))


async def test_a_key_that_is_attached_stays(terminal: Terminal, chat: Instance) -> None:
    assert chat.id in await terminal.fail(5, "keys", "delete", "manager", "--yes")


async def test_an_instance_that_is_not_ready_is_explained(terminal: Terminal, chat: Instance) -> None:
    told = await terminal.type("instances", "explain", chat.id, status=1)
    assert told.stdout.splitlines()[-1].startswith("Next: ")
    told = await terminal.type("instances", "explain", chat.id, "-o", "json", status=1)
    assert json.loads(told.stdout)["ready"] is False


async def test_events_and_lines_of_an_instance_are_listed(terminal: Terminal, rest: Rest, chat: Instance) -> None:
    reference = {"kind": "InferenceInstance", "name": chat.id, "namespace": rest.namespace}
    obj = await rest.client.get("InferenceInstance", rest.namespace, chat.id)
    event = {
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": "one", "namespace": rest.namespace},
        "involvedObject": {**reference, "uid": obj["metadata"]["uid"], "apiVersion": obj["apiVersion"]},
        "type": "Warning", "reason": "QuotaExceeded", "message": "too much", "count": 2,
        "lastTimestamp": "2030-01-01T00:00:00Z", "firstTimestamp": "2030-01-01T00:00:00Z",
    }  # fmt: skip
    await rest.client.create(event)
    assert "QuotaExceeded" in (await terminal.type("instances", "events", chat.id)).stdout
    assert [each["count"] for each in await terminal.read("instances", "events", chat.id)] == [2]
    assert (await terminal.type("instances", "logs", chat.id, "--tail", "5", "--since", "10m")).stdout == ""

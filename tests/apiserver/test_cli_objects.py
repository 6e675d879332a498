"""The command line: registries, keys and instances, made, changed and taken away, with wrong input as well."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.go_programs import build_program
from inferops.cluster.client import Client
from inferops.errors import NotFound
from tests.gateway.metered import ENGINE, ENGINE_OPTIONS
from tests.support.cli import Terminal, columns
from tests.support.eventually import eventually
from tests.support.part import Part
from tests.support.ports import find_free_ports
from tests.support.rest import Rest


async def test_a_registry_is_made_changed_and_deleted(terminal: Terminal, rest: Rest) -> None:
    made = ("registries", "create", "Mine", "--registry-url", "ghcr.io", "--username", "somebody")
    created = await terminal.type(*made, "-o", "name", stdin="first word\n")
    name = created.stdout.strip()
    secret = await read_password(rest, name)
    assert secret == "first word"
    assert "first word" not in created.output

    assert [row[0] for row in columns((await terminal.type("registries", "list")).stdout)] == ["ID", name]
    await terminal.type("registries", "update", name, "--registry-url", "quay.io", "--password", stdin="second\n")
    assert (await terminal.read("registries", "get", name))["url"] == "quay.io"
    assert await read_password(rest, name) == "second"
    await terminal.type("registries", "update", name, "--open")
    assert (await terminal.read("registries", "get", name))["username"] is None
    await terminal.type("registries", "delete", name, "--yes")
    await terminal.fail(3, "registries", "get", name)


async def test_a_registry_of_ones_own_authority_or_without_tls_is_made_and_changed(
    terminal: Terminal, tmp_path: Path
) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_text("-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n")
    made = ("registries", "create", "own", "--registry-url", "registry.invalid:5000", "--ca", str(authority))
    assert "Authority: its own" in (await terminal.type(*made)).stdout
    await terminal.type("registries", "update", "own", "--ca", "none", "--insecure")
    told = await terminal.read("registries", "get", "own")
    assert (told["caBundle"], told["insecure"]) == (None, True)
    await terminal.type("registries", "update", "own", "--secure")
    assert (await terminal.read("registries", "get", "own"))["insecure"] is False


async def read_password(rest: Rest, name: str) -> str:
    """Out of the Secret that the Registry names, by kubectl's eyes."""
    spec = (await rest.client.get("Registry", rest.namespace, name))["spec"]["passwordSecretRef"]
    secret = await rest.client.get("Secret", rest.namespace, spec["name"])
    return base64.b64decode(secret["data"][spec["key"]]).decode()


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["registries", "create", "Mine"], 2, "--registry-url"),
        (["registries", "create", "\x07", "--registry-url", "ghcr.io"], 2, "name"),
        (["registries", "create", "Mine", "--registry-url", "https://ghcr.io"], 2, "without a scheme"),
        (["registries", "update", "mine"], 2, "nothing to change"),
        (["registries", "update", "mine", "--open", "--password"], 2, "excludes"),
        (["registries", "create", "Mine", "--registry-url", "ghcr.io", "--ca", "/nothing"], 2, "No such file"),
        (["registries", "create", "Mine", "--registry-url", "ghcr.io", "--ca", "/etc/hostname"], 2, "in PEM"),
        (["registries", "get", "nothing"], 3, "nothing"),
        (["registries", "delete", "nothing", "--yes"], 3, "nothing"),
        (["registries", "delete", "nothing"], 2, "add --yes"),
        (["instances", "get", "nothing"], 3, "nothing"),
        (["instances", "start", "nothing"], 3, "nothing"),
        (["instances", "stop", "nothing"], 3, "nothing"),
        (["instances", "update", "nothing", "--model", "x"], 3, "nothing"),
        (["instances", "delete", "nothing", "--yes"], 3, "nothing"),
        (["instances", "delete", "nothing"], 2, "add --yes"),
        (["instances", "create"], 2, "name: is missing"),
        (["instances", "create", "chat", "--region", "1", "--min", "2", "--max", "x"], 2, "--max"),
        (["instances", "create", "chat", "--region", "1", "--trigger", "cpu"], 2, "must be cpu=80"),
        (["instances", "create", "chat", "--region", "1", "--trigger", "http=12"], 2, "must be cpu=80"),
        (["instances", "create", "chat", "--region", "1", "--env", "secret"], 2, "must be NAME=VALUE"),
        (["instances", "create", "chat", "--region", "1", "--pod-lifetime", "soon"], 2, "or never"),
        (["instances", "create", "chat", "--region", "1", "--port", "70000"], 2, "containerPort"),
        (["instances", "create", "chat", "--region", "Atlantis"], 3, "there is no region"),
        (["instances", "create", "chat", "-f", "/nothing"], 2, "No such file"),
        (["instances", "list", "--region", "Atlantis"], 3, "there is no region"),
        (["instances", "list", "-o", "xml"], 2, "xml"),
    ],
)
async def test_what_makes_no_sense_is_told_in_a_line(
    terminal: Terminal, arguments: list[str], status: int, says: str
) -> None:
    line = await terminal.fail(status, *arguments)
    assert says in line
    assert "secret" not in line


async def number_of(client: Client, region: str) -> int:
    return int((await client.get("Region", "", region))["spec"]["id"])


async def read_spec(rest: Rest, name: str) -> Any:
    return (await rest.client.get("InferenceInstance", rest.namespace, name))["spec"]


async def test_an_instance_is_made_of_flags(terminal: Terminal, rest: Rest, catalog: str) -> None:
    number = str(await number_of(rest.client, catalog))
    what = ("--model", catalog, "--region", number, "--min", "0", "--max", "3", "--trigger", "http=12/60s")
    more = (
        "--env",
        "A=1",
        "--env",
        "B=x=y",
        "--pod-lifetime",
        "never",
        "--description",
        "for tests",
        "--key",
        "manager",
    )
    name = (await terminal.type("instances", "create", "My chat", *what, *more, "-o", "name")).stdout.strip()
    spec = await read_spec(rest, name)
    assert (spec["model"], spec["podLifetime"], spec["apiKeys"]) == (catalog, None, ["manager"])
    (region,) = spec["regions"]
    assert region["scale"]["triggers"] == {"http": {"rate": 12, "window": 60}}
    assert {each["name"]: each["value"] for each in spec["env"]} == {"A": "1", "B": "x=y"}

    shown = (await terminal.type("instances", "get", name)).stdout
    assert "0 to 3, on http 12/60" in shown
    assert "x=y" not in shown, "a variable may be a password: only its name is in a table"
    assert [each["_id"] for each in await terminal.read("instances", "list", "--region", number)] == [name]
    assert await terminal.read("instances", "list", "--status", "ERROR") == []


async def test_an_update_changes_what_is_named_and_nothing_else(terminal: Terminal, rest: Rest, catalog: str) -> None:
    number = str(await number_of(rest.client, catalog))
    await terminal.type(
        "instances", "create", "chat", "--model", catalog, "--region", number, "--env", "A=1", "--max", "2"
    )
    await terminal.type("instances", "update", "chat", "--max", "5", "--env", "B=2", "--description", "new")
    spec = await read_spec(rest, "chat")
    assert spec["regions"][0]["scale"]["max"] == 5
    assert spec["regions"][0]["scale"]["min"] == 1
    assert {each["name"]: each["value"] for each in spec["env"]} == {"A": "1", "B": "2"}
    assert spec["model"] == catalog
    await terminal.type("instances", "update", "chat", "--env", "A-", "--unset", "description")
    spec = await read_spec(rest, "chat")
    assert [each["name"] for each in spec["env"]] == ["B"]
    assert "description" not in spec
    assert "nothing to change" in await terminal.fail(2, "instances", "update", "chat")


async def test_an_instance_is_made_of_a_file_and_flags_come_first(
    terminal: Terminal, rest: Rest, catalog: str, tmp_path: Path
) -> None:
    number = await number_of(rest.client, catalog)
    regions = [{"regionId": number, "scale": {"min": 1, "max": 1}}]
    fields = {"name": "written", "modelId": catalog, "description": "file", "autoScalingConfigurations": regions}
    file = tmp_path / "instance.json"
    file.write_text(json.dumps(fields))
    await terminal.type("instances", "create", "-f", str(file))
    assert (await read_spec(rest, "written"))["description"] == "file"
    await terminal.type("instances", "create", "typed", "-f", "-", "--description", "flag", stdin=json.dumps(fields))
    assert (await read_spec(rest, "typed"))["description"] == "flag"
    assert "choose another name" in await terminal.fail(5, "instances", "create", "-f", str(file))
    file.write_text("kind: InferenceInstance")
    assert "kubectl apply -f" in await terminal.fail(2, "instances", "create", "-f", str(file))
    file.write_text("modle: x")
    assert "modle: there is no such field" in await terminal.fail(2, "instances", "create", "x", "-f", str(file))


async def test_an_instance_is_stopped_started_and_deleted(terminal: Terminal, rest: Rest, catalog: str) -> None:
    number = str(await number_of(rest.client, catalog))
    await terminal.type("instances", "create", "chat", "--model", catalog, "--region", number)
    await terminal.type("instances", "stop", "chat")
    assert (await read_spec(rest, "chat"))["stopped"] is True
    await terminal.type("instances", "start", "chat")
    assert not (await read_spec(rest, "chat")).get("stopped")
    await terminal.type("instances", "delete", "chat", "-y")

    async def is_gone() -> bool:
        try:
            await rest.client.get("InferenceInstance", rest.namespace, "chat")
        except NotFound:
            return True
        return False

    await eventually(is_gone)


async def test_what_gitops_keeps_is_changed_by_force_only(terminal: Terminal, rest: Rest, catalog: str) -> None:
    number = str(await number_of(rest.client, catalog))
    await terminal.type("instances", "create", "chat", "--model", catalog, "--region", number)
    owned = {"metadata": {"labels": {"kustomize.toolkit.fluxcd.io/name": "apps"}}}
    await rest.client.patch("InferenceInstance", rest.namespace, "chat", owned)
    for command in (["update", "chat", "--description", "mine"], ["stop", "chat"], ["delete", "chat", "-y"]):
        assert "Flux" in await terminal.fail(5, "instances", *command)
    await terminal.type("instances", "update", "chat", "--description", "mine", "--force")
    await terminal.type("instances", "stop", "chat", "--force")
    spec = await read_spec(rest, "chat")
    assert (spec["description"], spec["stopped"]) == ("mine", True)
    await terminal.type("instances", "delete", "chat", "-y", "--force")


async def test_an_instances_own_address_is_asked_directly(
    terminal: Terminal, rest: Rest, catalog: str, tmp_path: Path
) -> None:
    number = str(await number_of(rest.client, catalog))
    await terminal.type("instances", "create", "chat", "--model", catalog, "--region", number)
    (port,) = find_free_ports(1)
    command = (str(build_program(ENGINE)), *ENGINE_OPTIONS, "--port", str(port))
    async with Part(tmp_path / "engine.out", command, ready=f"http://127.0.0.1:{port}/health"):
        status = {"status": {"address": f"http://127.0.0.1:{port}"}}
        await rest.client.patch("InferenceInstance", rest.namespace, "chat", status, subresource="status")

        async def is_known() -> bool:
            return bool((await terminal.read("instances", "get", "chat"))["address"] == status["status"]["address"])

        await eventually(is_known)
        answered = await terminal.read("chat", "chat", "hello", "--direct", "--max-tokens", "3")
        assert answered["model"] == "tiny"
        assert answered["content"]


async def test_waiting_tells_what_it_waits_for_and_ends(terminal: Terminal, rest: Rest, catalog: str) -> None:
    number = str(await number_of(rest.client, catalog))
    what = ("instances", "create", "chat", "--model", catalog, "--region", number, "--wait", "--timeout", "1")
    result = await terminal.type(*what, status=6)
    assert "chat: NEW, 0/" in result.stderr
    assert "Error: chat is NEW, not ACTIVE or PENDING, after 1 s" in result.stderr


async def test_what_would_be_is_told_as_the_custom_resource(terminal: Terminal, rest: Rest, catalog: str) -> None:
    number = await number_of(rest.client, catalog)
    flags = ("--model", catalog, "--region", str(number), "--min", "1", "--max", "2")
    planned = yaml.safe_load((await terminal.type("instances", "create", "chat", *flags, "--dry-run")).stdout)
    await terminal.fail(3, "instances", "get", "chat")
    await terminal.type("instances", "create", "chat", *flags)
    assert yaml.safe_load((await terminal.type("instances", "manifest", "chat")).stdout) == planned
    change = await terminal.type("instances", "update", "chat", "--max", "3", "--dry-run")
    assert yaml.safe_load(change.stdout)["spec"]["regions"][0]["scale"]["max"] == 3
    assert (await read_spec(rest, "chat"))["regions"][0]["scale"]["max"] == 2
    line = await terminal.fail(2, "instances", "update", "chat", "--min", "3", "--dry-run")
    assert "scale.min must not be greater than scale.max" in line

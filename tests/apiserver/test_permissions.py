"""The chart's roles give what the code asks for and no more, and docs/operations.md has every rule of them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from inferops.api import world as api
from inferops.cli.doctor import plan_rights
from inferops.cluster.client import Client
from inferops.cluster.cluster import Cluster
from inferops.cluster.connection import Connection
from inferops.cluster.resources import RESOURCES
from inferops.control.world import SELECTORS
from inferops.handlers.watches import build_reflectors
from inferops.metering.ledger.world import World
from inferops.names import Manifest
from inferops.settings import Settings
from tests.apiserver.test_chart import REPOSITORY, render_chart

Right = tuple[str, str, str]
"""API group ("core" for the nameless one), resource, verb."""
ROUTES = {"kind": "HTTPRoute", "parentRefs": [{"name": "web", "namespace": "infra"}]}
WATCH, CHANGE = ("get", "list", "watch"), ("create", "update", "patch", "delete")
OWNERS = {
    "inferops-operator": "operator",
    "inferops-control": "control",
    "inferops-activity": "control",
    "inferops-lease": "both",
    "inferops-api": "api",
    "inferops-ledger": "ledger",
}
BESIDE = {
    "HTTPRoute": WATCH + CHANGE,
    "ReferenceGrant": WATCH + CHANGE,
    "Namespace": WATCH,
    "ValidatingWebhookConfiguration": (*WATCH, "patch"),
}
"""What the doctor does not ask about, because it depends on settings or is a right to one object."""


def name_right(kind: str, verb: str) -> Right:
    name, _, subresource = kind.partition("/")
    resource = RESOURCES[name]
    group = resource.api_version.rpartition("/")[0] or "core"
    return group, "/".join(filter(None, (resource.plural, subresource))), verb


def read_chart() -> dict[str, set[Right]]:
    """By process."""
    rights: dict[str, set[Right]] = {owner: set() for owner in OWNERS.values()}
    for role in render_chart(("--set-json", f"settings.ingress={json.dumps(ROUTES)}")):
        name = role["metadata"]["name"]
        if role["kind"] in {"Role", "ClusterRole"} and name != "inferops-crds":
            rights[OWNERS.get(name, "operator")] |= set(expand(role))
    return rights


def expand(role: Manifest) -> Iterator[Right]:
    for rule in role["rules"]:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                yield from ((group or "core", resource, verb) for verb in rule["verbs"])


def read_docs() -> dict[str, set[Right]]:
    """The table of docs/operations.md."""
    section = (REPOSITORY / "docs/operations.md").read_text().partition("## Permissions")[2].partition("\n## ")[0]
    rights: dict[str, set[Right]] = {owner: set() for owner in OWNERS.values()}
    for line in (line for line in section.splitlines() if line.startswith("|")):
        process, group, resources, verbs, _ = (cell.strip() for cell in line.strip("|").split("|"))
        if process in rights:
            rights[process] |= {(group, each, verb) for each in resources.split(", ") for verb in verbs.split(", ")}
    return rights


def test_the_documentation_has_every_rule_of_the_chart() -> None:
    assert read_docs() == read_chart()


def test_the_operator_may_do_what_its_code_does_and_no_more() -> None:
    asked = {name_right(kind, verb) for verb, kind, _ in plan_rights(Settings()) if kind != "Lease"}
    asked |= {name_right(kind, verb) for kind, verbs in BESIDE.items() for verb in verbs}
    assert read_chart()["operator"] == asked


def test_the_operator_may_watch_what_its_reflectors_watch(connection: Connection) -> None:
    client = Client(connection)
    settings = Settings.model_validate({"ingress": ROUTES})
    reflectors = build_reflectors(client, Cluster(client), settings, ignore, ignore, ignore)
    watched = {name_right(reflector.kind, "watch") for reflector in reflectors}
    watched.add(name_right("ValidatingWebhookConfiguration", "watch"))
    assert {right for right in read_chart()["operator"] if right[2] == "watch"} == watched


def ignore(*_: Any) -> None:
    pass


@pytest.mark.parametrize("verb", ["list", "watch"])
def test_control_may_watch_what_it_watches(verb: str) -> None:
    given = {right for right in read_chart()["control"] if right[2] == verb}
    assert given == {name_right(kind, verb) for kind in SELECTORS}


def test_the_api_may_watch_what_it_watches_and_writes_what_is_its_callers_only() -> None:
    given = read_chart()["api"]
    watched = {name_right(kind, "watch") for kind in api.SELECTORS} | {name_right("Pod", "watch")}
    assert {right for right in given if right[2] == "watch"} == watched
    written = {right for right in given if right[2] not in {"get", "list", "watch"}}
    kinds = ("InferenceInstance", "Registry", "ApiKey", "Secret")
    assert written == {name_right(kind, verb) for kind in kinds for verb in ("create", "patch", "delete")}


def test_the_api_reads_no_secret_by_name() -> None:
    assert name_right("Secret", "get") not in read_chart()["api"]


def test_the_ledger_may_list_and_watch_what_it_watches_and_nothing_else(connection: Connection) -> None:
    kinds = {reflector.kind for reflector in World(Settings()).build_reflectors(Client(connection))}
    assert read_chart()["ledger"] == {name_right(kind, verb) for kind in kinds for verb in ("list", "watch")}

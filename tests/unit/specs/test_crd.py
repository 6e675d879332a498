"""What must hold for every kind's definition."""

from collections.abc import Iterator

import pytest

from inferops.cluster.resources import RESOURCES
from inferops.specs import KINDS
from inferops.specs.base import Kind
from inferops.specs.crd import build_crd
from inferops.specs.schema import Schema

EACH_KIND = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)


def walk(schema: Schema, path: str = "") -> Iterator[tuple[str, Schema]]:
    """Every field below a schema, by its path."""
    for name, field in schema.get("properties", {}).items():
        yield f"{path}.{name}", field
        yield from walk(field.get("items", field), f"{path}.{name}")


def read_root(kind: Kind) -> Schema:
    root: Schema = build_crd(kind)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return root


@EACH_KIND
def test_every_field_is_described(kind: Kind) -> None:
    root = read_root(kind)
    own = {name: field for name, field in root["properties"].items() if name in {"spec", "status"}}
    assert [path for path, field in walk({"properties": own}) if not field.get("description")] == []


@EACH_KIND
def test_every_rule_has_a_sentence(kind: Kind) -> None:
    fields = [("", read_root(kind)), *walk(read_root(kind))]
    rules = [(path, rule) for path, field in fields for rule in field.get("x-kubernetes-validations", [])]
    assert [path for path, rule in rules if not rule.get("message") and not rule.get("messageExpression")] == []


@EACH_KIND
def test_what_the_api_server_would_word_as_an_expression_is_worded_by_us(kind: Kind) -> None:
    assert [path for path, field in walk(read_root(kind)) if "pattern" in field] == []


@EACH_KIND
def test_lists_say_how_they_are_merged(kind: Kind) -> None:
    arrays = [(path, field) for path, field in walk(read_root(kind)) if field.get("type") == "array"]
    assert [path for path, field in arrays if "x-kubernetes-list-type" not in field] == []


@EACH_KIND
def test_the_client_knows_the_kind_by_the_same_name(kind: Kind) -> None:
    resource = RESOURCES[kind.kind]
    assert (resource.plural, resource.namespaced) == (kind.plural, kind.namespaced)


def test_short_names_are_nobody_elses() -> None:
    short = [name for kind in KINDS for name in kind.short_names]
    assert len(short) == len(set(short))
    assert all(name.startswith("inf") for name in short)

"""The OpenAPI document is that of the routes, and says of every operation what a client needs."""

from pathlib import Path
from typing import Any

import pytest

from inferops.api.app import build_app
from inferops.cli.openapi import REFERENCE, build_reference

REPOSITORY = Path(__file__).resolve().parents[3]
DOCUMENT = build_app(None).openapi()
OPERATIONS = [
    pytest.param(operation, id=operation["operationId"])
    for path in DOCUMENT["paths"].values()
    for operation in path.values()
]


def test_the_reference_is_up_to_date() -> None:
    assert (REPOSITORY / REFERENCE).read_text() == build_reference(), "run make openapi"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_is_described_and_asks_for_a_key(operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert operation["description"]
    assert operation["security"]
    assert {"401", "403", "503"} <= operation["responses"].keys()
    assert "_" not in operation["operationId"]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_body_has_an_example(operation: dict[str, Any]) -> None:
    for content in [
        operation.get("requestBody", {}),
        operation["responses"].get("200", {}),
        operation["responses"].get("201", {}),
    ]:
        schema = content.get("content", {}).get("application/json", {}).get("schema", {})
        name = schema.get("$ref", "").rpartition("/")[2]
        assert not name or DOCUMENT["components"]["schemas"][name]["examples"]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_refusals_are_problems(operation: dict[str, Any]) -> None:
    refusals = [answer for status, answer in operation["responses"].items() if int(status) >= 400]
    assert all(answer["content"].keys() == {"application/problem+json"} for answer in refusals)

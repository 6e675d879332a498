"""How pydantic's schemas become structural ones."""

from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field

from inferops.specs.base import Money, Quantity
from inferops.specs.schema import Schema, build_schema


class Inner(BaseModel):
    """The inner object."""

    model_config = ConfigDict(extra="forbid")
    size: int = Field(default=1, ge=0, le=9, description="A size.")


class Outer(BaseModel):
    """The outer object."""

    described: Inner = Field(description="Its own words.")
    undescribed: Inner
    defaulted: Inner = Inner()
    optional: str | None = Field(default=None, description="Optional.")
    nullable: int | None = Field(default=3, json_schema_extra={"nullable": True}, description="Nullable.")
    words: list[str] = Field(default=["a"], description="Words.")
    labels: dict[str, str] | None = Field(default=None, description="Labels.")
    free: dict[str, Any] | None = Field(default=None, description="Anything.")
    price: Money | None = Field(default=None, description="Money.")
    size: Quantity | None = Field(default=None, description="A quantity.")


INNER = {"size": {"description": "A size.", "type": "integer", "default": 1, "minimum": 0, "maximum": 9}}
EXPECTED: dict[str, Schema] = {
    "described": {"description": "Its own words.", "type": "object", "properties": INNER},
    "undescribed": {"description": "The inner object.", "type": "object", "properties": INNER},
    "defaulted": {"description": "The inner object.", "type": "object", "default": {}, "properties": INNER},
    "optional": {"description": "Optional.", "type": "string"},
    "nullable": {"description": "Nullable.", "type": "integer", "default": 3, "nullable": True},
    "words": {
        "description": "Words.",
        "type": "array",
        "default": ["a"],
        "x-kubernetes-list-type": "atomic",
        "items": {"type": "string"},
    },
    "labels": {"description": "Labels.", "type": "object", "additionalProperties": {"type": "string"}},
    "free": {"description": "Anything.", "type": "object", "x-kubernetes-preserve-unknown-fields": True},
    "price": {
        "description": "Money.",
        "type": "string",
        "maxLength": 32,
        "x-kubernetes-validations": [
            {
                "rule": r"self.matches(r'^[0-9]{1,9}(\.[0-9]{1,9})?$')",
                "messageExpression": """'must be a decimal, such as "25.00", not "' + self + '"'""",
            }
        ],
    },
    "size": {
        "description": "A quantity.",
        "maxLength": 32,
        "x-kubernetes-int-or-string": True,
        "x-kubernetes-validations": [
            {
                "rule": r"string(self).matches(r'^([1-9][0-9]*(\.[0-9]+)?|0\.[0-9]*[1-9][0-9]*)"
                "(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$')",
                "messageExpression": """'must be a quantity above 0, such as "500m", "16" or "64Gi", not "'"""
                """ + string(self) + '"'""",
            }
        ],
    },
}


@pytest.mark.parametrize("field", EXPECTED)
def test_a_field_is_translated(field: str) -> None:
    assert build_schema(Outer)["properties"][field] == EXPECTED[field]


def test_only_fields_without_default_are_required() -> None:
    assert build_schema(Outer)["required"] == ["described", "undescribed"]


def test_a_field_of_two_types_is_refused() -> None:
    class Either(BaseModel):
        value: int | str

    with pytest.raises(ValueError, match="a structural schema has one type for each field"):
        build_schema(Either)


def test_a_keyword_that_crds_do_not_know_is_refused() -> None:
    class Odd(BaseModel):
        value: float = Field(multiple_of=2, description="Even.")

    with pytest.raises(ValueError, match=r"no place in a structural schema for multipleOf of Even\."):
        build_schema(Odd)

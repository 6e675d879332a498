"""What all bodies share: camelCase names, strict requests, tolerant answers, money as numbers, moments in UTC."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema
from pydantic.alias_generators import to_camel


class Request(BaseModel):
    """What a caller sends: unknown fields and values of another type are errors, so that a slip is told of."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        serialize_by_alias=True,
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
    )


class Answer(BaseModel):
    """What the API answers; a client ignores the fields of a later version."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        serialize_by_alias=True,
        extra="ignore",
        frozen=True,
        json_schema_serialization_defaults_required=True,
    )


def unnamed() -> Any:
    """Default of a field that may be left out of a PATCH but not be null: `model_fields_set` says whether it was."""
    return Field(default=None, json_schema_extra=drop_default)


def drop_default(schema: dict[str, Any]) -> None:
    """There is no default: the field stays as it is."""
    schema.pop("default", None)


def show(example: dict[str, Any]) -> ConfigDict:
    """Put an example into the OpenAPI document."""
    return ConfigDict(json_schema_extra={"examples": [example]})


def write_moment(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds: `2019-06-26T13:00:00.000Z`."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


Moment = Annotated[
    datetime,
    PlainSerializer(write_moment, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2019-06-26T13:00:00.000Z"]}),
]
Price = Annotated[
    Decimal,
    PlainSerializer(float, return_type=float, when_used="json"),
    WithJsonSchema({"type": "number", "minimum": 0}),
]
"""An amount: a number on the wire, exact within."""
Id = Annotated[str, Field(alias="_id", examples=["6721058be81810b9dd045f40"])]
"""`_id`: the name of the custom resource."""
Reference = Annotated[str, Field(min_length=1, max_length=253)]
"""The id of another object."""
KeptBy = Annotated[
    str | None,
    Field(description="Argo CD or Flux, by name, where that keeps the object: changes are refused, unless forced."),
]
DisplayName = Annotated[
    str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$")
]
"""A name that people choose: one line. The object is called after it in the letters that Kubernetes allows."""

"""A request as a value: what is sent, and how its answer is read. Client and AsyncClient send the same ones."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, SecretStr, TypeAdapter

from inferops.rest.base import Request, write_moment

T = TypeVar("T")
ROOT = "/ai-inference"


@dataclass(frozen=True)
class Call(Generic[T]):
    """One request. `repeatable`: to send it twice is as good as once, so it is tried again where an answer fails."""

    method: str
    path: str
    """Below the API's root, such as `/instances`."""
    read: Callable[[bytes], T]
    """The answer's body, or one event's data."""
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = field(default=None, repr=False)
    """May hold a password."""
    repeatable: bool = False
    keyed: bool = False
    """Creates something, be it a new secret: the client adds an Idempotency-Key, by which it becomes repeatable."""
    header: str = ""
    """Read is this header of the answer, in place of its body."""
    wait: float = 0
    """Seconds for which the server may wait before it answers, beside the client's timeout."""


def path_of(*parts: str) -> str:
    """A path of quoted segments: an id cannot lead elsewhere."""
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def build_params(**params: str | float | None) -> dict[str, str]:
    """Query parameters in camelCase names; None is left out, truth is `true`."""
    return {name: write_param(value) for name, value in params.items() if value is not None}


def write_param(value: str | float) -> str:
    """One value."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def encode(body: Request) -> bytes:
    """What was set, by its names on the wire; secrets in the open, as they must be sent once."""
    return json.dumps(body.model_dump(by_alias=True, exclude_unset=True), default=encode_value).encode()


def encode_value(value: Any) -> Any:
    """What JSON has no form for."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, datetime):
        return write_moment(value)
    return float(value)


ModelT = TypeVar("ModelT", bound=BaseModel)


def one(model: type[ModelT]) -> Callable[[bytes], ModelT]:
    """Reads one object."""
    return model.model_validate_json


def several(model: type[ModelT]) -> Callable[[bytes], list[ModelT]]:
    """Reads a list."""
    return TypeAdapter(list[model]).validate_json  # type: ignore[valid-type]


def nothing(_: bytes) -> None:
    """Answers of status 204 have no body."""

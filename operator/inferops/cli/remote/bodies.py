"""PURE: requests from flags and files; what is wrong is told by the field's name on the wire."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import click
import yaml
from pydantic import ValidationError

from inferops.rest.base import Request

T = TypeVar("T", bound=Request)
HINTS = {"autoScalingConfigurations": ": name a --region, such as `inferops regions` lists"}


def build_body(model: type[T], fields: Mapping[str, Any]) -> T:
    """The request of fields in their names on the wire. Raises UsageError, without any value: it may be a secret."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise click.UsageError("; ".join(map(describe, error.errors(include_input=False)))) from None


def describe(error: Any) -> str:
    """One sentence that begins with the field's path."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"]).removeprefix(".")
    said = {"extra_forbidden": "there is no such field", "missing": f"is missing{HINTS.get(path, '')}"}
    return f"{path}: {said.get(error['type'], error['msg'])}"


def read_fields(file: str) -> dict[str, Any]:
    """A mapping in a YAML or JSON file; `-` is standard input."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text()
        fields = yaml.safe_load(text)
    except OSError as error:
        raise click.UsageError(f"{file}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise click.UsageError(f"{file}: neither YAML nor JSON") from None
    if not isinstance(fields, dict):
        raise click.UsageError(f"{file}: must be one mapping with the fields of the REST API, such as name: chat")
    if "kind" in fields:
        raise click.UsageError(f"{file}: is a manifest of Kubernetes: `kubectl apply -f {file}` takes it")
    return fields

"""docs/reference/crds.md: every field of every kind in tables, from the same schemas as the CRDs."""

import json
from collections.abc import Iterator, Sequence
from html import escape

from inferops.names import API_VERSION
from inferops.specs.base import Kind
from inferops.specs.schema import Schema, build_schema

HEADER = f"""\
<!-- Generated from operator/inferops/specs by `python -m inferops.specs.crd`: change the models, then run it. -->
# Fields of the custom resources

All kinds are `{API_VERSION}`. `kubectl explain inf.spec` shows the same text, and `kubectl get inferops` lists what
there is. A field that is not in these tables is refused.
"""


def build_reference(kinds: Sequence[Kind]) -> str:
    """The whole page, in Markdown."""
    return "\n".join([HEADER, *(line for kind in kinds for line in describe_kind(kind))])


def describe_kind(kind: Kind) -> Iterator[str]:
    """One section: what the kind is, its fields, what must hold between them, and its status."""
    scope = "namespaced" if kind.namespaced else "cluster-scoped"
    yield f"## {kind.kind}\n"
    short = ", ".join(f"`{name}`" for name in kind.short_names)
    yield f"{kind.description} Plural `{kind.plural}`, short {short}, {scope}.\n"
    spec = build_schema(kind.spec)
    yield from describe_table(spec, "spec")
    sentences = [rule.message for rule in kind.rules] + list(find_sentences(spec))
    if sentences:
        yield "Checked between fields:\n"
        yield from (f"- {sentence}" for sentence in dict.fromkeys(sentences))
        yield ""
    if kind.status.model_fields:
        yield from describe_table(build_schema(kind.status), "status")


def describe_table(schema: Schema, title: str) -> Iterator[str]:
    """All fields below an object, nested ones by their path."""
    yield f"| {title} | type | default | meaning |"
    yield "|---|---|---|---|"
    yield from describe_fields(schema, "")
    yield ""


def describe_fields(schema: Schema, prefix: str) -> Iterator[str]:
    """A row for each field, each followed by the rows of its own fields."""
    required = schema.get("required", [])
    for name, field in schema.get("properties", {}).items():
        path = f"{prefix}{name}"
        default = "required" if name in required else describe_default(field)
        yield f"| `{path}` | {describe_type(field)} | {default} | {describe_meaning(field)} |"
        inner, mark = (field["items"], "[].") if field.get("type") == "array" else (field, ".")
        yield from describe_fields(inner, path + mark)


def describe_meaning(field: Schema) -> str:
    """The description, safe in a cell of a Markdown table."""
    return escape(str(field["description"]), quote=False).replace("|", "\\|")


def describe_default(field: Schema) -> str:
    """What holds when a field is left out; nothing for objects, whose fields say it."""
    default = field.get("default")
    return "" if default in (None, {}) else f"`{json.dumps(default)}`"


def describe_type(field: Schema) -> str:
    """Type, allowed values and ranges in a few words."""
    if "x-kubernetes-int-or-string" in field:
        text = "string or integer"
    elif field["type"] == "array":
        text = f"list of {describe_type(field['items'])}"
    elif "enum" in field:
        text = ", ".join(f"`{value}`" for value in field["enum"])
    elif "additionalProperties" in field:
        text = f"map of {describe_type(field['additionalProperties'])}"
    else:
        text = str(field.get("format", field["type"]))
    return text + describe_range(field) + (" or null" if field.get("nullable") else "")


def describe_range(field: Schema) -> str:
    """Numbers from and to, most characters or elements."""
    low, high = field.get("minimum"), field.get("maximum")
    if high is not None:
        return f", {low} to {high}"
    if low is not None:
        return f", {low} or more"
    if "maxItems" in field:
        return f", {field.get('minItems', 0)} to {field['maxItems']}"
    if "maxLength" in field and "x-kubernetes-validations" not in field:
        return f", at most {field['maxLength']} characters"
    return ""


def find_sentences(schema: Schema) -> Iterator[str]:
    """Messages of the rules of an object and of the objects in it; those of single fields are in the tables' reach."""
    if schema.get("type") == "object":
        yield from (rule["message"] for rule in schema.get("x-kubernetes-validations", []))
    for field in schema.get("properties", {}).values():
        yield from find_sentences(field.get("items", field))

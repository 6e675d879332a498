"""pydantic -> structural OpenAPI v3 schema: the subset of JSON schema that the API server takes in a CRD.

Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
"""

from typing import Any

from pydantic import BaseModel

Schema = dict[str, Any]

KEYWORDS = (
    "description",
    "type",
    "format",
    "enum",
    "default",
    "nullable",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "maxProperties",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-validations",
    "required",
    "properties",
    "additionalProperties",
    "items",
)
"""Everything that our schemas may hold, in the order in which a person reads it."""


def build_schema(model: type[BaseModel]) -> Schema:
    """The structural schema of a model; ValueError where the model uses what a CRD cannot express."""
    raw = model.model_json_schema()
    definitions = raw.pop("$defs", {})
    return build_structural(raw, definitions)


def build_structural(node: Schema, definitions: dict[str, Schema]) -> Schema:
    """One node of a JSON schema with its references resolved and pydantic's dialect translated."""
    node = resolve_reference(unwrap_optional(node), definitions)
    node.pop("title", None)
    if node.get("type") == "object":
        translate_object(node, definitions)
    if node.get("type") == "array":
        node["items"] = build_structural(node["items"], definitions)
        node.setdefault("x-kubernetes-list-type", "atomic")
    if unknown := node.keys() - set(KEYWORDS):
        shown = node.get("description", node)
        raise ValueError(f"no place in a structural schema for {', '.join(sorted(unknown))} of {shown}")
    return {keyword: node[keyword] for keyword in KEYWORDS if keyword in node}


def unwrap_optional(node: Schema) -> Schema:
    """`X | None` becomes an optional X. Null itself is allowed only where a field says so (`nullable`): elsewhere
    leaving a field out is the one way to say nothing.
    """
    if "anyOf" not in node:
        return dict(node)
    present, *others = [choice for choice in node["anyOf"] if choice.get("type") != "null"]
    if others:
        raise ValueError(f"a structural schema has one type for each field, not those of {node}")
    around = {key: value for key, value in node.items() if key != "anyOf"}
    if around.get("default", ...) is None:
        del around["default"]
    return {**present, **around}


def resolve_reference(node: Schema, definitions: dict[str, Schema]) -> Schema:
    """What `$ref` points to, with the node's own keywords over it: a field's description is nearer than its type's."""
    if "$ref" not in node:
        return node
    target = definitions[node.pop("$ref").removeprefix("#/$defs/")]
    return {**target, **node}


def translate_object(node: Schema, definitions: dict[str, Schema]) -> None:
    """Strictness is the API server's own, so only maps and free-form objects say `additionalProperties`."""
    more = node.pop("additionalProperties", False)
    if "properties" in node:
        node["properties"] = {name: build_structural(field, definitions) for name, field in node["properties"].items()}
    elif more is True:
        node["x-kubernetes-preserve-unknown-fields"] = True
    elif more:
        node["additionalProperties"] = build_structural(more, definitions)
    if "default" in node:
        node["default"] = {}  # the API server fills it from the defaults of its fields

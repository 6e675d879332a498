"""The OpenAPI document: FastAPI's, with refusals as they are (RFC 9457), and with names of operations for clients."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic.alias_generators import to_camel

from inferops.api.answers import SENTENCES
from inferops.rest.problems import MEDIA_TYPE, Problem

UNUSED = ("HTTPValidationError", "ValidationError")
TAGS = [
    {"name": "Identity", "description": "Whose key it is, and what it may call."},
    {"name": "Catalog", "description": "What there is to choose from, the same for everybody."},
    {"name": "Registries", "description": "Credentials that pull images."},
    {"name": "Instances", "description": "From a model to an endpoint that answers."},
    {"name": "API keys", "description": "Who may call instances, and this API."},
    {"name": "Usage", "description": "Who used what, and what it cost."},
]
LICENSE = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
METHODS = frozenset({"get", "put", "post", "patch", "delete"})


def name_operation(route: APIRoute) -> str:
    """`createInstance`."""
    return to_camel(route.name)


def build_openapi(app: FastAPI) -> dict[str, Any]:
    """The whole document."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        tags=TAGS,
        license_info=LICENSE,
    )
    schemas = document["components"]["schemas"]
    for name in UNUSED:
        schemas.pop(name, None)
    problem = Problem.model_json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs"), Problem=problem)
    for path in document["paths"].values():
        for method, operation in path.items():
            if method in METHODS:
                describe_refusals(operation)
    return document


def describe_refusals(operation: dict[str, Any]) -> None:
    """Those that FastAPI adds by itself look like all others."""
    responses = operation["responses"]
    if "422" in responses:
        reference = {"$ref": "#/components/schemas/Problem"}
        responses["422"] = {"description": SENTENCES[422], "content": {MEDIA_TYPE: {"schema": reference}}}
    operation["responses"] = dict(sorted(responses.items()))

"""`/v1/models` on the shared host: what a key may use, also at zero.

Source: https://platform.openai.com/docs/api-reference/models
"""

from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from inferops.gateway.routes import Route

PATH = "/v1/models"


def build_listing(routes: Iterable[Route]) -> dict[str, dict[str, Any]]:
    """OpenAI's model objects by name, those of the same name once."""
    listed = sorted((model, route.created, route.namespace) for route in routes for model in route.models)
    return {
        model: {"id": model, "object": "model", "created": created, "owned_by": namespace}
        for model, created, namespace in listed
    }


def find_answer(path: str, listing: dict[str, dict[str, Any]]) -> dict[str, Any] | None:
    """What GET of that path is answered with, None where there is nothing."""
    below = path.partition("?")[0].removeprefix(PATH).removeprefix("/")
    if not below:
        return {"object": "list", "data": list(listing.values())}
    return listing.get(unquote(below))

"""Query parameters: each at most once, since of two values only one could count."""

from collections import Counter

from fastapi import Request

from inferops.api.problems import find_operations, wrong
from inferops.rest.problems import FieldError

TWICE = "is given more than once: give it once."


async def refuse_repeated(request: Request) -> None:
    """Refuse with 422 what the operation knows and is given more than once."""
    given = Counter(name for name, _ in request.query_params.multi_items())
    if repeated := [name for name, count in given.items() if count > 1]:
        operation = find_operations(request.app.openapi(), request.url.path).get(request.method.lower(), {})
        known = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"}
        if errors := [FieldError(field=name, message=TWICE) for name in repeated if name in known]:
            raise wrong(errors)

"""What the API server's refusals mean."""

import orjson

from inferops.errors import ClusterError, Conflict, NotFound, Rejected

BAD_PATCH = ("failed to create typed patch object", "failed to convert new object")
"""How the API server begins its answer, with status 500, to an apply with a field that the kind does not have or with
a value that it cannot read.
"""


def build_error(kind: str, status: int, raw: bytes) -> ClusterError:
    """The class by status, the sentence as the API server put it. In a namespace that goes, all counts as gone."""
    try:
        answer = orjson.loads(raw)
        message, causes = str(answer["message"]), (answer.get("details") or {}).get("causes") or []
    except (orjson.JSONDecodeError, KeyError, TypeError):
        message, causes = raw[:200].decode(errors="replace").strip() or f"HTTP {status}", []
    if any(cause.get("reason") == "NamespaceTerminating" for cause in causes):
        return NotFound(f"{kind}: {message}", 404)
    if message.startswith(BAD_PATCH):
        return Rejected(f"{kind}: {message}", 422)
    classes = {404: NotFound, 409: Conflict, 400: Rejected, 403: Rejected, 422: Rejected}
    error = classes.get(status, ClusterError)(f"{kind}: {message}", status)
    error.causes = tuple((cause["field"], cause.get("message", "")) for cause in causes if cause.get("field"))
    return error

"""Who a caller is."""

from inferops.rest.base import Answer, show

EXAMPLE = {"namespace": "team-a", "name": "ci", "scopes": ["manage"]}


class Identity(Answer):
    """The key that a request came with."""

    model_config = show(EXAMPLE)
    namespace: str
    name: str
    scopes: list[str]

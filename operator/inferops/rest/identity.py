"""Who a caller is."""

from pydantic import ConfigDict

from inferops.rest.base import Answer

EXAMPLE = {"namespace": "team-a", "name": "ci", "scopes": ["manage"]}


class Identity(Answer):
    """The key that a request came with."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})
    namespace: str
    name: str
    scopes: list[str]

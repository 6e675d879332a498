"""Who a caller is."""

from pydantic import Field

from inferops.rest.base import Answer, show

EXAMPLE = {"namespace": "team-a", "name": "ci", "scopes": ["manage"], "currencyCode": "USD"}


class Identity(Answer):
    """The key that a request came with."""

    model_config = show(EXAMPLE)
    namespace: str
    name: str
    scopes: list[str]
    currency_code: str | None = Field(default=None, description="ISO 4217, of every price and budget.")

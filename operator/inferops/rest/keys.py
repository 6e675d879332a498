"""API keys. The key itself is in one answer only: that of its creation or of its rotation."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BeforeValidator, Field

from inferops.rest.base import Answer, DisplayName, Id, KeptBy, Moment, Price, Request, show, unnamed
from inferops.rest.usage import Money

EXAMPLE_PATCH: dict[str, Any] = {
    "description": "The nightly batch.",
    "scopes": ["inference"],
    "expiresAt": "2030-01-01T00:00:00.000Z",
    "limits": {"requestsPerMinute": 600, "tokensPerMinute": None},
    "budget": {"amount": 25.0, "period": "month"},
}
EXAMPLE_CREATE = {"name": "batch", **EXAMPLE_PATCH}
EXAMPLE = {
    "_id": "batch",
    "name": "batch",
    **EXAMPLE_PATCH,
    "disabled": False,
    "rotationOverlap": 0,
    "prefix": "inf-3k",
    "status": "Ready",
    "message": "The key opens the instances that name it.",
    "warnings": [],
    "replaced": [{"prefix": "inf-9a", "expiresAt": "2019-06-26T14:00:00.000Z"}],
    "spent": "7.31",
    "spentSince": "2019-06-01T00:00:00.000Z",
    "instanceIds": ["chat"],
    "keptBy": None,
    "createdAt": "2019-06-26T13:00:00.000Z",
    "updatedAt": "2019-06-26T13:00:00.000Z",
}
EXAMPLE_SECRET = {**EXAMPLE, "secret": "inf-3kMvX0f1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b"}
Scope = Literal["inference", "manage"]
Scopes = Annotated[list[Scope], Field(min_length=1, max_length=2)]
Overlap = Annotated[int, Field(ge=0, le=366 * 86400)]


def refuse_numbers(value: Any) -> Any:
    """A number could be seconds or milliseconds."""
    if isinstance(value, int | float):
        raise ValueError("must be a text such as 2030-01-01T00:00:00Z")  # noqa: TRY004 - pydantic's way
    return value


Expiry = Annotated[AwareDatetime, BeforeValidator(refuse_numbers), Field(strict=False)]


class KeyLimits(Request):
    """Over all instances; null: no limit."""

    requests_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    tokens_per_minute: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None


class KeyBudget(Request):
    """What the key may spend, in the installation's currency."""

    amount: Annotated[Price, Field(ge=0, lt=1_000_000_000, max_digits=18, decimal_places=9, strict=False)]
    period: Literal["day", "month"] = Field(description="When it begins anew.")


class KeyFields(Request):
    """What may be said of a key at any time."""

    description: Annotated[str, Field(max_length=300)] | None = None
    expires_at: Expiry | None = Field(
        default=None, description="From then on it opens nothing.", examples=["2030-01-01T00:00:00.000Z"]
    )
    limits: KeyLimits | None = None
    budget: KeyBudget | None = None


class KeyCreate(KeyFields):
    """A new key."""

    model_config = show(EXAMPLE_CREATE)
    name: DisplayName
    scopes: Scopes = Field(default=["inference"], description="inference: call instances; manage: use this API.")
    disabled: bool = False
    rotation_overlap: Overlap = Field(default=0, description="Seconds for which a replaced key goes on to open.")


class KeyPatch(KeyFields):
    """What is to change: a field that is not named stays as it is, null is its default."""

    model_config = show(EXAMPLE_PATCH)
    scopes: Scopes = unnamed()
    disabled: bool = unnamed()
    rotation_overlap: Overlap = unnamed()


class KeyRotation(Request):
    """How to rotate."""

    model_config = show({"rotationOverlap": 3600})
    rotation_overlap: Overlap = unnamed()


class ReplacedKey(Answer):
    """A key before this one that still opens."""

    prefix: str | None = None
    expires_at: Moment = Field(description="From then on it opens nothing.")


class Key(Answer):
    """An API key, without the key."""

    model_config = show(EXAMPLE)
    id: Id
    name: str
    description: str | None
    scopes: list[Scope]
    expires_at: Moment | None
    disabled: bool
    limits: KeyLimits
    budget: KeyBudget | None
    rotation_overlap: int
    prefix: str | None = Field(description="Its first characters, to tell keys apart.")
    status: str = Field(description="Ready, Rotating, Disabled, Expired, Pending, or why it opens nothing.")
    message: str | None = Field(description="The same in a sentence, with what to do.")
    warnings: list[str] = Field(default=[], description="Of limits and budget: what is spent, refused or not counted.")
    replaced: list[ReplacedKey] = Field(default=[], description="Keys before this one that still open, oldest first.")
    spent: Money | None = Field(default=None, description="Of the budget in its period, up to a minute ago.")
    spent_since: Moment | None = Field(default=None, description="When that period began.")
    kept_by: KeptBy = None
    instance_ids: list[str] = Field(description="Instances that name it.")
    created_at: Moment
    updated_at: Moment


class KeyWithSecret(Key):
    """The one answer that has the key."""

    model_config = show(EXAMPLE_SECRET)
    secret: str | None = Field(
        description="Shown this one time; null where an Idempotency-Key is sent again: if it was lost, rotate the key."
    )

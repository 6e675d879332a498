"""ApiKey: a secret that opens endpoints, and what it may use."""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import AwareDatetime, Field

from inferops.specs.base import Column, Condition, Kind, Money, Rule, SecretKeyRef, Spec, Status
from inferops.specs.key_hashes import LONGEST_OVERLAP


class KeyLimits(Spec):
    """Limits of one key over all instances."""

    requests_per_minute: int | None = Field(
        default=None, ge=1, le=1_000_000, description="Requests within any 60 seconds, over all instances and gateways."
    )
    tokens_per_minute: int | None = Field(
        default=None,
        ge=1,
        le=1_000_000_000,
        description="Tokens within any 60 seconds, over all instances and gateways.",
    )


class Budget(Spec):
    """Money that one key may spend."""

    amount: Money = Field(description='A decimal, such as "25.00".')
    period: Literal["day", "month"] = Field(description="When it begins anew.")


class ReplacedKeyStatus(Status):
    """A key that was replaced and still opens."""

    prefix: str | None = Field(default=None, description="Its first characters.")
    expires_at: datetime = Field(description="From then on it opens nothing.")


class ApiKeySpec(Spec):
    """A key; which instances it opens is said by the instances."""

    secret_ref: SecretKeyRef | None = Field(
        default=None, description="The key, in a Secret of yours. Absent: a 256-bit key is made, once."
    )
    scopes: list[Literal["inference", "manage"]] = Field(
        default=["inference"],
        min_length=1,
        description="inference: call instances; manage: use the REST API.",
        json_schema_extra={"x-kubernetes-list-type": "set"},
    )
    expires_at: AwareDatetime | None = Field(
        default=None, description="From then on the key opens nothing, such as 2030-01-01T00:00:00Z."
    )
    disabled: bool = Field(
        default=False, description="True: the key opens nothing. A key that it replaced is shut for good."
    )
    rotate: str | None = Field(
        default=None,
        min_length=1,
        max_length=63,
        description="A new text, such as the date, makes a new key in the place of the one that was made before.",
    )
    rotation_overlap: int = Field(
        default=0,
        ge=0,
        le=LONGEST_OVERLAP,
        description="Seconds for which a key goes on to open after another took its place.",
    )
    limits: KeyLimits | None = Field(default=None, description="Requests and tokens in a minute.")
    budget: Budget | None = Field(default=None, description="Money in a day or month (UTC), by the prices of Models.")
    description: str | None = Field(default=None, max_length=300, description="A note for people.")
    rules: ClassVar[list[Rule]] = [
        Rule(
            rule="!(has(self.rotate) && has(self.secretRef))",
            message="rotate is for keys that are made here: put a new key into the Secret of secretRef instead",
        ),
    ]


class ApiKeyStatus(Status):
    """What is known of the key; never the key."""

    prefix: str | None = Field(default=None, description="The first characters, to tell keys apart.")
    replaced: list[ReplacedKeyStatus] | None = Field(
        default=None, description="Keys before this one that still open, oldest first."
    )
    secret_name: str | None = Field(default=None, description="The Secret that holds the key.")
    ready: str | None = Field(default=None, description="Reason of condition Ready.")
    spent: str | None = Field(default=None, description="Spent in the budget's period, up to a minute ago.")
    spent_since: datetime | None = Field(default=None, description="When that period began.")
    unpriced: list[str] | None = Field(
        default=None,
        description="Models that the key may call and that have no prices: the budget does not count them.",
    )
    tokens_refused: datetime | None = Field(
        default=None, description="Begin of the ten minutes in which tokensPerMinute last refused a request."
    )
    observed_generation: int | None = Field(default=None, description="The generation that this status speaks of.")
    conditions: list[Condition] | None = Field(
        default=None,
        description="Accepted, Ready; with such limits WithinLimits and WithinBudget.",
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
    )


API_KEY = Kind(
    kind="ApiKey",
    plural="apikeys",
    short_names=("infkey",),
    description="A key for inference endpoints and the REST API.",
    spec=ApiKeySpec,
    status=ApiKeyStatus,
    columns=(
        Column(name="Prefix", jsonPath=".status.prefix"),
        Column(name="Ready", jsonPath=".status.ready"),
        Column(name="Secret", jsonPath=".status.secretName"),
        Column(name="Expires", jsonPath=".spec.expiresAt"),
        Column(name="Age", type="date", jsonPath=".metadata.creationTimestamp"),
    ),
    rules=(
        Rule(
            rule="self.metadata.name.size() <= 58",
            message="metadata.name must have at most 58 characters: Secrets are named after it",
            fieldPath=".metadata.name",
        ),
    ),
)

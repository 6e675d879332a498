"""Usage and spend: amounts as integers, money as exact decimals in text, both from the ledger."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, PlainSerializer, WithJsonSchema

from inferops.rest.base import Answer, Moment, show

Dimension = Literal["key", "model", "instance", "region"]
Every = Literal["hour", "day", "month", "total"]
MONEY = r"^[0-9]+(\.[0-9]+)?$"
Money = Annotated[
    Decimal,
    PlainSerializer(lambda amount: f"{amount:f}", return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": MONEY, "examples": ["12.3456"]}),
]
"""An amount of money: decimal text, so that no reader rounds it by accident."""
Seconds = Annotated[
    Decimal,
    PlainSerializer(float, return_type=float, when_used="json"),
    WithJsonSchema({"type": "number", "minimum": 0}),
]
Count = Annotated[int, Field(ge=0)]
EXAMPLE_AMOUNTS: dict[str, Any] = {
    "requests": 1200,
    "errors": 3,
    "unknown": 0,
    "broken": 17,
    "promptTokens": 480000,
    "completionTokens": 96000,
    "cachedTokens": 120000,
    "reasoningTokens": 0,
    "audioSeconds": 0.0,
    "images": 0,
    "bytesIn": 2400000,
    "bytesOut": 9100000,
    "replicaSeconds": 86400.0,
    "tokenCost": "0.336",
    "replicaCost": "28.8",
    "unpriced": 0,
    "currencyCode": "USD",
}
EXAMPLE_ROW = {
    "start": "2030-01-01T00:00:00.000Z",
    "key": None,
    "model": "qwen3-8b",
    "instance": None,
    "region": None,
    **EXAMPLE_AMOUNTS,
}
EXAMPLE = {
    "start": "2030-01-01T00:00:00.000Z",
    "end": "2030-01-02T00:00:00.000Z",
    "every": "day",
    "rows": [EXAMPLE_ROW],
    "totals": [EXAMPLE_ROW | {"start": None, "model": None}],
}
EXAMPLE_PRICE = {
    "kind": "Model",
    "name": "qwen3-8b",
    "region": None,
    "since": "2030-01-01T00:00:00.000Z",
    "inputPerMillionTokens": "0.5",
    "outputPerMillionTokens": "1",
    "perAudioMinute": None,
    "perHour": None,
    "currencyCode": "USD",
}


class UsageRow(Answer):
    """What was used, and what it cost. A dimension that was not asked for is null."""

    model_config = show(EXAMPLE_ROW)
    start: Moment | None = Field(description="Beginning of the hour, day or month (UTC); null with every=total.")
    key: str | None = Field(default=None, description="ApiKey; empty: of instances that ask for none.")
    model: str | None = Field(default=None, description="Name by which requests call the model.")
    instance: str | None = Field(default=None, description="_id of the instance.")
    region: str | None = Field(default=None, description="Name of the region.")
    requests: Count
    errors: Count = Field(description="Answers of status 400 and above, of the requests.")
    unknown: Count = Field(description="Answers that should have told their usage and did not: they cost nothing here.")
    broken: Count = Field(description="Answers that did not end by themselves; what came until then counts.")
    prompt_tokens: Count
    completion_tokens: Count
    cached_tokens: Count = Field(description="Of the prompt's.")
    reasoning_tokens: Count = Field(description="Of the completion's.")
    audio_seconds: Seconds
    images: Count
    bytes_in: Count
    bytes_out: Count
    replica_seconds: Seconds | None = Field(description="Time of replicas; null where rows are by key.")
    token_cost: Money = Field(description="By the prices of models that were in force.")
    replica_cost: Money | None = Field(description="By the prices of hardware; null where rows are by key.")
    unpriced: Count = Field(description="Requests with usage for which no price was in force.")
    currency_code: str = Field(description="ISO 4217.")


class UsageReport(Answer):
    """Rows by time and then by dimensions."""

    model_config = show(EXAMPLE)
    start: Moment = Field(description="What counts begins here: whole hours, UTC.")
    end: Moment = Field(description="And ends before here.")
    every: Every
    rows: list[UsageRow]
    totals: list[UsageRow] = Field(description="All rows together, not only those of this page; one for each currency.")


class PriceChange(Answer):
    """A price, and since when it is in force; the one before ends there."""

    model_config = show(EXAMPLE_PRICE)
    kind: Literal["Model", "Hardware"]
    name: str
    region: str | None = Field(default=None, description="Of hardware: its price there, priceFactor counted in.")
    since: Moment | None = Field(description="null: from the beginning on.")
    input_per_million_tokens: Money | None = None
    output_per_million_tokens: Money | None = None
    per_audio_minute: Money | None = None
    per_hour: Money | None = None
    currency_code: str


class Spend(Answer):
    """What a time has cost so far."""

    since: Moment
    token_cost: Money
    replica_cost: Money
    unknown: Count = Field(description="Answers whose usage nobody knows: they cost nothing here.")


class BudgetSpend(Answer):
    """One key's budget."""

    key: str
    amount: Money
    period: Literal["day", "month"]
    since: Moment
    until: Moment = Field(description="When it begins anew.")
    spent: Money


EXAMPLE_SPEND: dict[str, Any] = {
    "currencyCode": "USD",
    "day": {"since": "2030-01-31T00:00:00.000Z", "tokenCost": "0.336", "replicaCost": "28.8", "unknown": 0},
    "month": {"since": "2030-01-01T00:00:00.000Z", "tokenCost": "10.08", "replicaCost": "892.8", "unknown": 2},
    "budgets": [
        {
            "key": "batch",
            "amount": "25",
            "period": "month",
            "since": "2030-01-01T00:00:00.000Z",
            "until": "2030-02-01T00:00:00.000Z",
            "spent": "7.31",
        }
    ],
}


class SpendNow(Answer):
    """Today's and this month's spend (UTC), and what is left of budgets."""

    model_config = show(EXAMPLE_SPEND)
    currency_code: str
    day: Spend
    month: Spend
    budgets: list[BudgetSpend] = Field(description="Keys that have one.")

"""Money: what use cost, from amounts and prices. Pure and exact: sums first, money after, decimals throughout.

specs/catalog.py says what the units of the prices are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal

EXACT = Context(prec=80, rounding=ROUND_HALF_EVEN)
STEP = Decimal("1E-12")
"""Sums of money are rounded to this once, half to even: audio minutes and replica hours have endless decimals."""
MILLION = 1_000_000
MINUTE_MS, HOUR_MS = 60_000, 3_600_000


@dataclass(frozen=True, slots=True)
class Price:
    """What a Model or a Hardware cost from `since` on; None where it has no such price."""

    id: int
    kind: str
    name: str
    region: str
    since: int
    version: str
    currency: str
    input_per_million_tokens: Decimal | None = None
    output_per_million_tokens: Decimal | None = None
    per_audio_minute: Decimal | None = None
    per_hour: Decimal | None = None


def price_at(history: Sequence[Price], time: int) -> Price | None:
    """Of the prices of one thing, in the order of `since`: the one in force then."""
    return next((price for price in reversed(history) if price.since <= time), None)


def cost_of_use(price: Price, prompt: int, completion: int, audio_ms: int) -> Decimal:
    """Of tokens and milliseconds of audio. What the Model has no price for costs nothing."""
    parts = (
        (price.input_per_million_tokens, prompt, MILLION),
        (price.output_per_million_tokens, completion, MILLION),
        (price.per_audio_minute, audio_ms, MINUTE_MS),
    )
    return sum((multiply(each, amount, unit) for each, amount, unit in parts if each is not None), Decimal(0))


def cost_of_replicas(price: Price, milliseconds: int) -> Decimal:
    """Of the time that replicas had a Hardware in a Region."""
    return Decimal(0) if price.per_hour is None else multiply(price.per_hour, milliseconds, HOUR_MS)


def multiply(price: Decimal, amount: int, unit: int) -> Decimal:
    """`price` is of `unit` pieces."""
    product = EXACT.divide(EXACT.multiply(price, Decimal(amount)), Decimal(unit))
    return product.quantize(STEP, context=EXACT)

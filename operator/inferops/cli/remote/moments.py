"""PURE: moments as people write them."""

from datetime import UTC, datetime, timedelta

import click

from inferops.rest.base import write_moment

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def read_moment(flag: str, text: str, now: datetime, *, ago: bool = False) -> str:
    """A date or a moment, UTC without an offset; or `10m`, so long from now or `ago`: RFC 3339. Raises UsageError."""
    number, unit = text[:-1], text[-1:]
    try:
        if number.isdecimal() and unit in UNITS:
            span = timedelta(seconds=int(number) * UNITS[unit])
            return write_moment(now - span if ago else now + span)
        moment = datetime.fromisoformat(text)
        return write_moment(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise click.UsageError(
            f'{flag} is "{text}": must be such as 90s, 10m, 2h, 1d, 2030-01-01 or 2030-01-01T12:00:00Z'
        ) from None

"""What measuring gives."""

from typing import NamedTuple


class Reading(NamedTuple):
    """A value, or None where there is none; and why, where that is a fault."""

    value: float | None
    problem: str = ""
    """A sentence that says what to do."""

"""States that count only once they have lasted."""

from collections.abc import Hashable
from datetime import datetime


class Debounce:
    """Remembers since when each key has been in a state. Lost at a restart, after which the time begins anew."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since: dict[Hashable, datetime] = {}

    def remaining(self, key: Hashable, now: datetime, *, holds: bool) -> float | None:
        """Seconds until the state counts, 0 once it does; None where it does not hold."""
        if not holds:
            self._since.pop(key, None)
            return None
        lasted = (now - self._since.setdefault(key, now)).total_seconds()
        return max(0.0, self._seconds - lasted)

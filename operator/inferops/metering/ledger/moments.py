"""Times as the database has them: milliseconds since 1970, UTC."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def to_ms(time: datetime) -> int:
    """Rounded down."""
    return (time - EPOCH) // MILLISECOND


def read_moment(text: str | None) -> int | None:
    """Of a Kubernetes object. None where it says none."""
    return to_ms(datetime.fromisoformat(text)) if text else None

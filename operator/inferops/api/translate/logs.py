"""Lines of logs, and how a caller names a part of them."""

from datetime import datetime, timedelta

from inferops.api.catalog import Catalog
from inferops.api.problems import wrong
from inferops.cluster.pod_logs import LogEntry
from inferops.rest.logs import LogLine
from inferops.rest.problems import FieldError

MOST_DIGITS = 10
WRITTEN = "must be seconds, such as 600, or a moment with its zone, such as 2030-01-01T00:00:00Z"


def show_line(entry: LogEntry, catalog: Catalog) -> LogLine:
    """One line."""
    region = catalog.regions.get(entry.region)
    return LogLine(time=entry.time, region_id=region.id if region else None, pod=entry.pod, message=entry.message)


def read_since(text: str | None, now: datetime) -> datetime | None:
    """The moment: so many seconds ago, or the one that is named. Refuses with 422."""
    if text is None:
        return None
    if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS:
        return now - timedelta(seconds=int(text))
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))  # a plus in a query is a space
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise wrong([FieldError(field="since", value=text, message=WRITTEN)])
    return moment

"""When an object was made, and when somebody last changed it."""

from datetime import UTC, datetime

from inferops.names import Manifest

WRITTEN = "writtenAt"
"""Beside metadata in the stores: what managedFields said, which are not kept."""
NEVER = datetime.fromtimestamp(0, UTC)


def last_written(obj: Manifest) -> str:
    """The newest moment at which anybody wrote anything but the status: RFC 3339, to the second."""
    meta = obj["metadata"]
    fields = meta.get("managedFields") or ()
    written = [entry["time"] for entry in fields if entry.get("time") and not entry.get("subresource")]
    newest: str = max([obj.get(WRITTEN, ""), meta.get("creationTimestamp", ""), *written])
    return newest


def created_at(obj: Manifest) -> datetime:
    """The API server's word for it."""
    return read_moment(obj["metadata"].get("creationTimestamp"))


def updated_at(obj: Manifest) -> datetime:
    """Of an object from a store."""
    return read_moment(obj.get(WRITTEN) or obj["metadata"].get("creationTimestamp"))


def read_moment(text: str | None) -> datetime:
    """RFC 3339."""
    return datetime.fromisoformat(text) if text else NEVER

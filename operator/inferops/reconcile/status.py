"""A status, and the events that its user wants to find."""

from inferops.cluster.cluster import Cluster
from inferops.errors import NotFound
from inferops.names import Manifest
from inferops.plan.announcements import plan_announcements


async def write_status(cluster: Cluster, obj: Manifest, status: Manifest) -> None:
    """The status, and events about what is new in it; an object that is gone by now needs none."""
    try:
        written = await cluster.apply_status(obj, status)
    except NotFound:
        return
    if written and not obj["metadata"].get("deletionTimestamp"):
        for announcement in plan_announcements(obj, status):
            cluster.events.record(obj, announcement)

"""Kubernetes Events about an instance and its objects, also of those that are gone."""

from collections.abc import Iterable
from datetime import datetime

from inferops.api.translate.moments import read_moment
from inferops.names import Manifest, instance_id, region_name
from inferops.rest.events import Event


def show_events(obj: Manifest, events: Iterable[Manifest]) -> list[Event]:
    """Those of the namespace's events that are the instance's, the newest first."""
    own = Concerned(obj)
    shown = [show_event(event) for event in events if own.includes(event.get("involvedObject") or {})]
    return sorted(shown, key=lambda event: event.time, reverse=True)


class Concerned:
    """Objects of one instance, told by their names: each begins with its id, which no other instance has."""

    def __init__(self, obj: Manifest) -> None:
        meta = obj["metadata"]
        place = meta["namespace"], meta["name"]
        regions = [each["region"] for each in (obj.get("spec") or {}).get("regions") or ()]
        self._own = ("InferenceInstance", meta["name"], meta.get("uid", ""))
        self._names = (instance_id(*place), *(region_name(*place, region) for region in regions))

    def includes(self, about: Manifest) -> bool:
        """Whether an event's involvedObject is the instance or one of its own."""
        kind, name = about.get("kind", ""), about.get("name", "").removeprefix("keda-hpa-")
        if kind == self._own[0]:
            return (kind, name, about.get("uid", "")) == self._own
        return any(name == own or name.startswith(f"{own}-") for own in self._names)


def show_event(event: Manifest) -> Event:
    """One of core/v1, which has its time and count in one of several places."""
    about, series = event["involvedObject"], event.get("series") or {}
    return Event(
        time=event_time(event),
        type="Warning" if event.get("type") == "Warning" else "Normal",
        reason=event.get("reason") or "",
        message=event.get("message") or "",
        count=series.get("count") or event.get("count") or 1,
        object=f"{about.get('kind', '')}/{about.get('name', '')}",
    )


def event_time(event: Manifest) -> datetime:
    """When it happened last."""
    series = event.get("series") or {}
    moments = (series.get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"))
    return read_moment(next(filter(None, moments), event["metadata"].get("creationTimestamp")))

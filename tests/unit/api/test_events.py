"""Events of one instance among those of a namespace."""

from typing import Any

import pytest

from inferops.api.translate.events import show_events
from inferops.names import Manifest, instance_id, region_name

CHAT: Manifest = {
    "metadata": {"namespace": "team", "name": "chat", "uid": "u1"},
    "spec": {"regions": [{"region": "eu"}, {"region": "a-region-with-a-rather-long-name-of-its-own"}]},
}
ID = instance_id("team", "chat")
LONG = region_name("team", "chat", "a-region-with-a-rather-long-name-of-its-own")


def event(kind: str, name: str, uid: Any = "", **fields: Any) -> Manifest:
    about = {"kind": kind, "name": name, "uid": uid}
    times = {"lastTimestamp": "2030-01-01T00:00:00Z"}
    return {"metadata": {}, "involvedObject": about, "type": "Normal", "reason": "R", "message": "m", **times, **fields}


@pytest.mark.parametrize(
    ("kind", "name", "uid", "own"),
    [
        ("InferenceInstance", "chat", "u1", True),
        ("InferenceInstance", "chat", "before", False),
        ("InferenceInstance", "chat-2", "u2", False),
        ("Pod", f"{ID}-eu-6c9f7-x2x9p", "", True),
        ("ReplicaSet", f"{LONG}-6c9f7", "", True),
        ("Service", ID, "", True),
        ("HorizontalPodAutoscaler", f"keda-hpa-{ID}-eu", "", True),
        ("Pod", "chat-eu-6c9f7-x2x9p", "", False),
        ("Pod", f"{instance_id('team', 'chat-2')}-eu-1", "", False),
        ("Registry", "chat", "", False),
    ],
)
def test_events_are_an_instances_by_the_name_of_their_object(kind: str, name: str, uid: str, own: bool) -> None:
    assert bool(show_events(CHAT, [event(kind, name, uid)])) is own


def test_the_newest_is_first_wherever_its_time_and_count_are() -> None:
    series: Manifest = {"series": {"lastObservedTime": "2030-01-03T00:00:00.5Z", "count": 7}, "lastTimestamp": None}
    once: Manifest = {"eventTime": "2030-01-02T00:00:00.000001Z", "lastTimestamp": None}
    shown = show_events(CHAT, [event("Pod", ID, count=2), event("Pod", ID, **series), event("Pod", ID, **once)])
    assert [each.count for each in shown] == [7, 1, 2]
    assert shown[0].model_dump(mode="json")["time"] == "2030-01-03T00:00:00.500Z"

"""Records, counted by instance and key."""

import json
from typing import Any

from prometheus_client import REGISTRY

from inferops.metering.metrics import AUDIO, BROKEN, IMAGES, REQUESTS, TOKENS, UNKNOWN, Series
from inferops.metering.traffic import IDLE_SECONDS, REST, Traffic


def line(instance: str, **more: Any) -> bytes:
    fields = {"id": "1", "time": "2026-11-21T16:26:02Z", "instance": instance, "client": "team/alice", "status": 200}
    return json.dumps(fields | more).encode() + b"\n"


def shown(counter: Series, instance: str, label: str) -> dict[str, float]:
    """Values of a counter, by one of its labels."""
    (family,) = counter.collect()
    samples = [each for each in family.samples if each.name.endswith("_total")]
    return {each.labels[label]: each.value for each in samples if each.labels["instance"] == instance}


def unread() -> float:
    return REGISTRY.get_sample_value("inferops_gateway_unread_lines_total") or 0


def test_more_keys_than_the_bound_are_counted_together_until_one_has_been_idle() -> None:
    traffic = Traffic(most=2)

    def count(client: str, now: float) -> None:
        traffic.count(line("bounded", client=client, usage={"prompt_tokens": 1}, broken="client"), now)

    for client in ("a", "b", "c", "d"):
        count(client, 0.0)
    assert shown(REQUESTS, "bounded", "client") == {"a": 1, "b": 1, REST: 2}
    count("b", IDLE_SECONDS)
    count("e", IDLE_SECONDS)
    for counter in (REQUESTS, TOKENS, BROKEN):
        assert "a" not in shown(counter, "bounded", "client")


def test_a_line_that_is_no_record_stops_no_other() -> None:
    before = unread()
    Traffic().count(b'nonsense\n[1]\n{"instance": "odd"}\n\n' + line("even"), 0.0)
    assert unread() == before + 4
    assert shown(REQUESTS, "even", "status") == {"200": 1}


def test_what_was_used_is_counted_by_its_kind() -> None:
    usage = {"prompt_tokens": 11, "completion_tokens": 9, "prompt_tokens_details": {"cached_tokens": 8}, "other": None}
    traffic = Traffic()
    traffic.count(line("used", usage=json.dumps(usage)), 0.0)
    traffic.count(line("used", seconds=1.5, images=2), 0.0)
    traffic.count(line("used", unknown=True, broken="engine"), 0.0)
    assert shown(TOKENS, "used", "kind") == {"prompt": 11, "completion": 9, "cached": 8}
    assert (shown(AUDIO, "used", "client"), shown(IMAGES, "used", "client")) == ({"team/alice": 1.5}, {"team/alice": 2})
    assert (shown(UNKNOWN, "used", "client"), shown(BROKEN, "used", "by")) == ({"team/alice": 1}, {"engine": 1})

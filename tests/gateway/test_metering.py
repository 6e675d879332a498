"""What the gateway counts, as Prometheus sees it on the health port."""

import json
from functools import partial
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from inferops.metering.access_log import AccessLog
from inferops.metering.envoy import Admin
from inferops.names import instance_id
from tests.gateway.gateway import CHAT, Gateway, host_of
from tests.gateway.meter_process import run_meter
from tests.gateway.objects import ALICE, BOB, NAMESPACE
from tests.support.eventually import eventually

WARM = instance_id(NAMESPACE, "warm")


async def read_metrics(gateway: Gateway) -> dict[str, list[tuple[dict[str, str], float]]]:
    """Samples by name."""
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{gateway.health_port}/metrics")
    assert answer.status_code == 200
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((dict(sample.labels), sample.value))
    return found


async def test_requests_are_counted_by_instance_and_key(gateway: Gateway) -> None:
    async with run_meter(gateway), gateway.client(host_of("warm"), ALICE) as alice:
        for _ in range(3):
            await alice.post(CHAT, json={})
        async with gateway.client(host_of("warm"), BOB) as bob, gateway.client(host_of("warm")) as stranger:
            assert [(await each.post(CHAT, json={})).status_code for each in (bob, stranger)] == [403, 401]

        async def counted() -> bool:
            metrics = await read_metrics(gateway)
            seen = [
                (labels["instance"], labels["client"], labels["status"], value)
                for labels, value in metrics.get("inferops_gateway_requests_total", [])
            ]
            assert (WARM, "team/alice", "200", 3.0) in seen, seen
            assert (WARM, "", "401", 1.0) in seen, seen
            assert {status for _, _, status, _ in seen} == {"200", "401", "403"}, seen
            durations = metrics["inferops_gateway_request_seconds_count"]
            assert durations == [({"instance": WARM}, 5.0)]
            assert metrics["envoy_server_live"] == [({}, 1.0)]
            return True

        await eventually(counted)


async def test_the_log_reaches_standard_output_and_its_file_does_not_grow(gateway: Gateway) -> None:
    seen = b""

    async def ask(count: int) -> None:
        async with gateway.client(host_of("warm"), ALICE) as client:
            for _ in range(count):
                await client.post(CHAT, json={})

    def all_read(expected: int) -> bool:
        nonlocal seen
        seen += log.read()
        log.rotate()
        return len(seen.splitlines()) == expected

    with AccessLog(gateway.access_log, Admin(gateway.admin_port), largest=2000) as log:
        for round_ in range(1, 5):
            await ask(10)
            await eventually(partial(all_read, 10 * round_))
        files = gateway.access_log.parent.glob(f"{gateway.access_log.stem}.*")  # a new one begins with the next line
        assert sum(each.stat().st_size for each in files) < 10_000
    assert len({json.loads(line)["id"] for line in seen.splitlines()}) == 40


def test_a_process_that_takes_over_counts_no_line_twice(tmp_path: Path) -> None:
    path, admin = tmp_path / "access.json", Admin(1)
    with AccessLog(path, admin) as first, path.open("wb", buffering=0) as file:
        file.write(b"one\ntw")
        assert first.read() == b"one\n"
        file.write(b"o\n")
        assert first.read() == b"two\n"
        with AccessLog(path, admin) as second:
            assert second.read() == b""
            file.write(b"three\n")
            assert second.read() == b"three\n"


async def test_a_full_disk_costs_the_log_and_no_request_and_shows(idle_gateway: Gateway) -> None:
    idle_gateway.access_log.symlink_to("/dev/full")
    async with idle_gateway.control(), idle_gateway.envoy(), idle_gateway.client(host_of("warm"), ALICE) as client:

        async def shown() -> bool:
            assert (await client.post(CHAT, json={})).status_code == 200
            text = (await client.get(f"http://127.0.0.1:{idle_gateway.health_port}/stats/prometheus")).text
            failed = next(line for line in text.splitlines() if line.startswith("envoy_filesystem_write_failed"))
            return int(failed.split()[-1]) > 3

        await eventually(shown)

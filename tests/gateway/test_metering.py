"""What the gateway counts, as Prometheus sees it on the health port."""

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from inferops.metering.record import parse_record
from inferops.names import instance_id
from tests.gateway.gateway import CHAT, Gateway, host_of
from tests.gateway.meter_process import run_meter
from tests.gateway.objects import ALICE, BOB, NAMESPACE
from tests.gateway.shaky_ledger import ShakyLedger
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


async def test_an_ending_replica_brings_every_record_to_the_ledger_also_of_a_stream_that_it_cuts(
    idle_gateway: Gateway,
) -> None:
    gateway, ledger = idle_gateway, ShakyLedger()
    options = ("--settle-seconds", "0", "--drain-seconds", "1")
    async with (
        ledger.serve() as port,
        gateway.control(),
        gateway.envoy() as envoy,
        run_meter(gateway, *options, ledger=f"127.0.0.1:{port}") as meter,
        gateway.client(host_of("warm"), ALICE) as client,
    ):
        for _ in range(5):
            assert (await client.post(CHAT, json={})).status_code == 200
        async with client.stream("POST", CHAT, json={"stream": True, "chunks": 100, "pause": 0.1}) as answer:
            meter.terminate()
            with pytest.raises(httpx.RemoteProtocolError):
                await answer.aread()
        assert await envoy.wait() == 0
        assert await meter.wait() == 0
    records = [parse_record(line) for line in ledger.records.values()]
    assert [(each.client, each.instance, each.status) for each in records] == [("team/alice", WARM, 200)] * 6
    assert [bool(each.broken) for each in records] == [False] * 5 + [True]

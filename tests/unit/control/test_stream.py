"""The delta protocol, message by message."""

import asyncio
from typing import Any

from envoy.config.core.v3.base_pb2 import Node
from envoy.service.discovery.v3.discovery_pb2 import DeltaDiscoveryRequest
from google.rpc.status_pb2 import Status

from inferops.control.snapshot import Snapshot
from inferops.control.stream import Stream
from inferops.gateway.resources import CLUSTER, ENDPOINTS, EXTENSION, ORDER, SCOPE, VIRTUAL_HOST, Resource
from tests.support.eventually import PATIENCE


def resource(kind: str, name: str, version: str = "1") -> Resource:
    return Resource(kind, name, version, b"")


def connect(snapshot: Snapshot, *kinds: str) -> Stream:
    stream = Stream(snapshot)
    snapshot.subscribers.add(stream)
    for kind in kinds:
        stream.receive(DeltaDiscoveryRequest(type_url=kind, node=Node(id="gw")))
    return stream


def sent(stream: Stream) -> list[tuple[str, list[str], list[str]]]:
    """Kind, names and removed names of each response, all acknowledged."""
    told = []
    for response in list(stream.responses()):
        told.append((response.type_url, [each.name for each in response.resources], list(response.removed_resources)))
        stream.receive(DeltaDiscoveryRequest(type_url=response.type_url, response_nonce=response.nonce))
    return told


def test_a_gateway_that_wants_all_hears_that_there_is_nothing() -> None:
    stream = connect(Snapshot(), *ORDER)
    assert sent(stream) == [(CLUSTER, [], []), (VIRTUAL_HOST, [], []), (SCOPE, [], [])]
    assert sent(stream) == []


def test_one_change_is_sent_once_and_in_order() -> None:
    snapshot = Snapshot()
    stream = connect(snapshot, *reversed(ORDER))
    sent(stream)
    snapshot.put([resource(VIRTUAL_HOST, "main/a"), resource(CLUSTER, "a")])
    assert [kind for kind, _, _ in sent(stream)] == [CLUSTER, VIRTUAL_HOST]
    assert sent(stream) == []
    snapshot.remove(CLUSTER, ["a"])
    assert sent(stream) == [(CLUSTER, [], ["a"])]


def test_what_a_gateway_has_already_is_not_sent_again() -> None:
    snapshot = Snapshot()
    snapshot.put([resource(CLUSTER, "same"), resource(CLUSTER, "newer", "2")])
    stream = connect(snapshot)
    stream.receive(
        DeltaDiscoveryRequest(type_url=CLUSTER, initial_resource_versions={"same": "1", "newer": "1", "gone": "1"})
    )
    assert sent(stream) == [(CLUSTER, ["newer"], ["gone"])]


def test_endpoints_follow_their_cluster_even_unchanged() -> None:
    snapshot = Snapshot()
    snapshot.put([resource(CLUSTER, "a"), resource(ENDPOINTS, "a")])
    stream = connect(snapshot, CLUSTER)
    sent(stream)
    stream.receive(DeltaDiscoveryRequest(type_url=ENDPOINTS, resource_names_subscribe=["a"]))
    assert sent(stream) == [(ENDPOINTS, ["a"], [])]
    snapshot.put([resource(CLUSTER, "a", "2")])
    assert sent(stream) == [(CLUSTER, ["a"], []), (ENDPOINTS, ["a"], [])]


def test_only_what_was_asked_for_is_sent_of_kinds_without_wildcard() -> None:
    snapshot = Snapshot()
    snapshot.put([resource(EXTENSION, "auth"), resource(EXTENSION, "other")])
    stream = connect(snapshot)
    stream.receive(DeltaDiscoveryRequest(type_url=EXTENSION, resource_names_subscribe=["auth"]))
    assert sent(stream) == [(EXTENSION, ["auth"], [])]


def test_endpoints_of_a_new_cluster_are_lacking_before_the_gateway_asks_for_them() -> None:
    snapshot = Snapshot()
    stream = connect(snapshot, CLUSTER, ENDPOINTS)
    snapshot.put([resource(CLUSTER, "a"), resource(ENDPOINTS, "a")])
    sent(stream)
    assert stream.lacks(ENDPOINTS, "a")
    stream.receive(DeltaDiscoveryRequest(type_url=ENDPOINTS, resource_names_subscribe=["a"]))
    (response,) = stream.responses()
    assert stream.lacks(ENDPOINTS, "a")
    stream.receive(DeltaDiscoveryRequest(type_url=ENDPOINTS, response_nonce=response.nonce))
    assert not stream.lacks(ENDPOINTS, "a")


def refuse(stream: Stream, response: Any) -> None:
    error = Status(message="no")
    stream.receive(DeltaDiscoveryRequest(type_url=response.type_url, response_nonce=response.nonce, error_detail=error))


def test_what_is_refused_together_is_sent_again_one_by_one() -> None:
    snapshot = Snapshot()
    stream = connect(snapshot, VIRTUAL_HOST)
    snapshot.put([resource(VIRTUAL_HOST, "main/good"), resource(VIRTUAL_HOST, "main/bad")])
    (both,) = stream.responses()
    refuse(stream, both)
    singles = list(stream.responses())
    assert sorted(each.name for single in singles for each in single.resources) == ["main/bad", "main/good"]
    for single in singles:
        if single.resources[0].name == "main/bad":
            refuse(stream, single)
        else:
            stream.receive(DeltaDiscoveryRequest(type_url=VIRTUAL_HOST, response_nonce=single.nonce))
    assert sent(stream) == [], "a refused version is not sent for ever"
    assert not stream.lacks(VIRTUAL_HOST, "main/bad")
    snapshot.put([resource(VIRTUAL_HOST, "main/bad", "2")])
    assert sent(stream) == [(VIRTUAL_HOST, ["main/bad"], [])]


async def test_waiting_for_acknowledgements_ends_when_all_have_answered_or_left() -> None:
    snapshot = Snapshot()
    first, second = connect(snapshot, CLUSTER), connect(snapshot, CLUSTER)
    snapshot.put([resource(CLUSTER, "a")])
    waiting = asyncio.create_task(snapshot.acknowledged(CLUSTER, ["a"]))
    sent(first)
    await asyncio.sleep(0)
    assert not waiting.done()
    snapshot.subscribers.discard(second)
    snapshot.progressed()
    await asyncio.wait_for(waiting, 1 * PATIENCE)


def test_many_virtual_hosts_come_table_by_table_and_many_clusters_at_once() -> None:
    snapshot = Snapshot()
    hosts = [resource(VIRTUAL_HOST, f"table-{number % 3}/{number:04}") for number in range(900)]
    snapshot.put([*hosts, *(resource(CLUSTER, str(number)) for number in range(900))])
    clusters, *tables = sent(connect(snapshot, CLUSTER, VIRTUAL_HOST))
    assert len(clusters[1]) == 900
    assert [{name.partition("/")[0] for name in names} for _, names, _ in tables] == [
        {"table-0"},
        {"table-1"},
        {"table-2"},
    ]

"""The gateway's own pods: their end, their certificates, and what they let others reach."""

import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.e2e.test_traffic import WarmTraffic, stream
from tests.e2e.world import SYSTEM, World, eventually, instance

HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
"""The first words of a gRPC client (RFC 9113, 3.4)."""


@pytest.mark.destructive
@pytest.mark.usefixtures("local")
def test_a_rollout_of_the_gateway_loses_no_request_and_cuts_no_stream(world: World) -> None:
    world.apply(instance("chat"))
    status, key = world.wait_phase("chat", "ACTIVE"), world.key("e2e")
    world.wait_routable(status, key)
    before = world.pod_of("gateway")
    with ThreadPoolExecutor(1) as pool, ExitStack() as stack:
        traffic = [stack.enter_context(WarmTraffic(status, key)) for _ in range(4)]
        streamed = pool.submit(stream, world, status, key, 300, "100ms")
        world.target.kubectl("-n", SYSTEM, "rollout", "restart", "deployment/inferops-gateway")
        world.target.kubectl("-n", SYSTEM, "rollout", "status", "deployment/inferops-gateway", "--timeout=120s")
        assert not streamed.done(), "the stream outlasts the rollout"
        assert len(streamed.result()) == 300
        eventually(lambda: before not in pods(world), within=60)
    assert [failure for each in traffic for failure in each.seen] == []
    assert sum(each.answered for each in traffic) > 500


def pods(world: World) -> list[str]:
    """The gateway's pods, those that end too."""
    listed = world.target.kubectl(
        *("-n", SYSTEM, "get", "pods", "-l", "app.kubernetes.io/component=gateway", "-o", "name")
    )
    return [line.removeprefix("pod/") for line in listed.split()]


def test_the_gateway_counts_requests_and_tokens_of_a_key(world: World) -> None:
    world.apply(instance("chat"))
    status, key = world.wait_phase("chat", "ACTIVE"), world.key("e2e")
    world.wait_routable(status, key)
    assert world.chat(status, key)
    labels = f'client="{world.namespace}/e2e",instance="{status["id"]}"'

    def counted() -> bool:
        shown = "".join(read_metrics(world, pod) for pod in pods(world))
        assert f'inferops_gateway_requests_total{{{labels},status="200"}}' in shown, shown
        assert f'inferops_gateway_tokens_total{{{labels},kind="completion"}}' in shown
        assert f'inferops_gateway_first_byte_seconds_count{{instance="{status["id"]}"}}' in shown
        return True

    eventually(counted)


def read_metrics(world: World, pod: str) -> str:
    """Those of requests, of one gateway pod."""
    text = world.target.kubectl("get", "--raw", f"/api/v1/namespaces/{SYSTEM}/pods/{pod}:8001/proxy/metrics")
    return "".join(f"{line}\n" for line in text.splitlines() if line.startswith("inferops_gateway"))


@pytest.mark.usefixtures("local")
def test_who_is_not_the_gateway_learns_nothing_from_control(world: World) -> None:
    selector = ("-l", "app.kubernetes.io/component=control", "-o", "jsonpath={.items[0].status.podIP}")
    address = (world.target.kubectl("-n", SYSTEM, "get", "pods", *selector), 18000)
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    trusting.set_alpn_protocols(["h2"])
    with socket.create_connection(address, timeout=5) as plain:
        assert ask(plain) == b""
    with socket.create_connection(address, timeout=5) as plain, trusting.wrap_socket(plain) as encrypted:
        assert ask(encrypted) == b"", "TLS 1.3 tells of the missing certificate after the handshake"


def ask(connection: socket.socket) -> bytes:
    """What comes back; a refusal is nothing."""
    try:
        connection.sendall(HTTP2_PREFACE)
        return connection.recv(9)
    except (ConnectionError, ssl.SSLError):
        return b""

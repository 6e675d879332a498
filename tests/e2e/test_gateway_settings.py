"""What settings of the gateway do on a cluster: traces, the address of a client behind nginx, more pods under load.

They are installed once for all tests of this file, and taken back.
"""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from dev.cluster.layout import NODE_IP
from dev.target import Target
from tests.e2e.scaling import LONG
from tests.e2e.test_gateway import pods
from tests.e2e.test_traffic import WarmTraffic, stream
from tests.e2e.world import SYSTEM, TLS, Manifest, World, eventually, instance
from tests.gateway.nginx import find_nginx, read_documented, write_configuration
from tests.gateway.test_tracing import EXPORT, tags_of

CHART = Path(__file__).parents[2] / "charts/inferops"
COLLECTOR, FRONT = 4317, 9094
CLIENT = "127.0.0.5"
SETTINGS = {
    "settings.gateway.tracing.host": NODE_IP,
    "settings.gateway.tracing.port": COLLECTOR,
    "settings.gateway.tracing.samplePercent": 100,
    "settings.gateway.trustedProxies": 1,
    "gateway.autoscaling.enabled": "true",
    "gateway.autoscaling.min": 1,
    "gateway.autoscaling.max": 3,
    "gateway.autoscaling.cpu": 60,
}
pytestmark = [
    pytest.mark.destructive,
    pytest.mark.skipif(not LONG, reason="takes minutes, and installs anew: make test-long"),
]


@pytest.fixture(scope="module")
def installed(local: Target) -> Iterator[None]:
    values = [option for name, value in SETTINGS.items() for option in ("--set", f"{name}={value}")]
    wait = ("--namespace", SYSTEM, "--wait", "--timeout", "5m")
    local.helm("upgrade", "inferops", str(CHART), "--reuse-values", *values, *wait)
    yield
    local.helm("rollback", "inferops", *wait)


@pytest.fixture
def chat(installed: None, world: World) -> tuple[Manifest, str]:
    """Status and key of an instance that answers."""
    assert installed is None
    world.apply(instance("chat"))
    status, key = world.wait_phase("chat", "ACTIVE"), world.key("e2e")
    world.wait_routable(status, key)
    return status, key


@pytest.fixture
def spans() -> Iterator[list[Any]]:
    """What a collector on the node has got."""
    found: list[Any] = []

    def export(request: ExportTraceServiceRequest, _context: Any) -> ExportTraceServiceResponse:
        for resource in request.resource_spans:
            for scope in resource.instrumentation_library_spans:  # the former name of scope_spans
                found.extend(scope.spans)
        return ExportTraceServiceResponse()

    handler = grpc.unary_unary_rpc_method_handler(
        export, ExportTraceServiceRequest.FromString, ExportTraceServiceResponse.SerializeToString
    )
    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(EXPORT, {"Export": handler}),))
    server.add_insecure_port(f"{NODE_IP}:{COLLECTOR}")
    server.start()
    yield found
    server.stop(0).wait()


def test_traces_reach_a_collector(chat: tuple[Manifest, str], world: World, spans: list[Any]) -> None:
    status, key = chat

    def traced() -> bool:
        world.chat(status, key)
        tags = [tags_of(span) for span in spans]
        found = [each for each in tags if each.get("inferops.instance") == status["id"]]
        assert found, tags
        return all(each["inferops.client"] == f"{world.namespace}/e2e" for each in found if "inferops.client" in each)

    eventually(traced, every=2)


@pytest.fixture
def front(tmp_path: Path) -> Iterator[str]:
    """Where an nginx listens, configured as docs/gateway.md says."""
    path = write_configuration(tmp_path, FRONT, 80, read_documented())
    path.write_text(re.sub(r"server 127\.0\.0\.1:80", f"server {NODE_IP}:80", path.read_text()))
    process = subprocess.Popen([find_nginx(), "-p", tmp_path, "-e", f"{tmp_path}/nginx.log", "-c", path])
    yield f"http://127.0.0.1:{FRONT}"
    process.terminate()
    process.wait()


def test_behind_nginx_the_log_has_the_address_of_the_client(
    chat: tuple[Manifest, str], world: World, front: str
) -> None:
    status, key = chat
    host = status["address"].split("/")[2]
    headers = {"host": host, "x-api-key": key, "x-forwarded-for": "203.0.113.7"}
    transport = httpx.HTTPTransport(local_address=CLIENT, retries=20)
    with httpx.Client(transport=transport, headers=headers, verify=TLS) as client:
        answer = client.get(f"{front}/v1/models")
    assert answer.status_code == httpx.codes.OK

    def logged() -> list[str]:
        lines = [line for pod in pods(world) for line in read_log(world, pod)]
        return [line["ip"] for line in lines if line.get("id") == answer.headers["x-request-id"]]

    assert eventually(logged) == [CLIENT], "neither nginx's nor what the client says of itself"


def read_log(world: World, pod: str) -> list[dict[str, Any]]:
    text = world.target.kubectl("-n", SYSTEM, "logs", pod, "-c", "meter", "--tail=200", check=False)
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_pods_come_under_load_and_go_without_it_and_no_request_is_lost(
    chat: tuple[Manifest, str], world: World
) -> None:
    status, key = chat
    soon = {"spec": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 5}}}}
    world.target.kubectl("-n", SYSTEM, "patch", "hpa", "inferops-gateway", "--type=merge", "-p", json.dumps(soon))
    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        with ExitStack() as stack:
            traffic = [stack.enter_context(WarmTraffic(status, key)) for _ in range(6)]
            for each in traffic:
                each.pause = 0.0
            eventually(lambda: len(ready(world)) > 1, within=300, every=2)
            print(f"two pods after {time.monotonic() - began:.0f} s")
            streams = [pool.submit(stream, world, status, key, 350, "100ms") for _ in range(8)]
        most = len(ready(world))
        eventually(lambda: len(ready(world)) < most, within=300, every=2)
        print(f"fewer than {most} after {time.monotonic() - began:.0f} s")
        assert [len(each.result(timeout=120)) for each in streams] == [350] * 8
    assert [failure for each in traffic for failure in each.seen] == []


def ready(world: World) -> list[str]:
    """Gateway pods that take requests."""
    listed = world.reader.read_all("pods", SYSTEM, "app.kubernetes.io/component=gateway")
    stay = [pod for pod in listed if "deletionTimestamp" not in pod["metadata"]]
    return [
        pod["metadata"]["name"]
        for pod in stay
        if any(each["type"] == "Ready" and each["status"] == "True" for each in pod["status"].get("conditions", []))
    ]

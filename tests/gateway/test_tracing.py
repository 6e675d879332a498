"""Traces of requests, at a collector that takes OTLP by gRPC."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from inferops.names import instance_id
from inferops.settings import TracingSettings
from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, Gateway, host_of
from tests.gateway.objects import ALICE, NAMESPACE
from tests.support.eventually import eventually

EXPORT = "opentelemetry.proto.collector.trace.v1.TraceService"
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


class Collector:
    """`spans` holds what came."""

    def __init__(self) -> None:
        self.spans: list[Any] = []

    async def export(self, request: ExportTraceServiceRequest, _context: Any) -> ExportTraceServiceResponse:
        for resource in request.resource_spans:
            for scope in resource.instrumentation_library_spans:  # the former name of scope_spans
                self.spans += scope.spans
        return ExportTraceServiceResponse()

    @asynccontextmanager
    async def run(self) -> AsyncIterator[int]:
        """The port, while it listens."""
        handler = grpc.unary_unary_rpc_method_handler(
            self.export, ExportTraceServiceRequest.FromString, ExportTraceServiceResponse.SerializeToString
        )
        server = grpc.aio.server()
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(EXPORT, {"Export": handler}),))
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        yield port
        await server.stop(0)


def trace_all(port: int) -> dict[str, Any]:
    return {"tracing": TracingSettings(host="127.0.0.1", port=port, sample_percent=100)}


def tags_of(span: Any) -> dict[str, str]:
    return {each.key: each.value.string_value for each in span.attributes}


async def test_a_sampled_request_is_a_span_that_names_instance_and_key(idle_gateway: Gateway, engine: Engine) -> None:
    gateway, collector = idle_gateway, Collector()
    async with collector.run() as port, gateway.control():
        bootstrap = gateway.bootstrap(trace_all(port))
        async with gateway.envoy(bootstrap=bootstrap), gateway.client(host_of("warm"), ALICE) as client:
            assert (await client.post(CHAT, json={})).status_code == 200
            (span,) = await eventually(lambda: collector.spans)
            tags = tags_of(span)
            assert tags["inferops.instance"] == instance_id(NAMESPACE, "warm")
            assert tags["inferops.client"] == "team/alice"
            assert tags["http.status_code"] == "200"
            assert span.trace_id.hex() in engine.seen[-1]["headers"]["traceparent"], "the engine goes on with the trace"
            assert ALICE not in str(span)


async def test_a_request_with_heartbeats_is_a_span_of_its_instance_too(idle_gateway: Gateway, engine: Engine) -> None:
    gateway, collector = idle_gateway, Collector()
    async with collector.run() as port, gateway.control():
        bootstrap = gateway.bootstrap(trace_all(port))
        async with gateway.envoy(bootstrap=bootstrap), gateway.client(host_of("warm"), ALICE) as client:
            body = {"stream": True}
            assert (await client.post(CHAT, json=body, headers={"prefer": "heartbeat=5"})).status_code == 200
            await eventually(lambda: len(collector.spans) == 2)
    warm = instance_id(NAMESPACE, "warm")
    inner = next(each for each in collector.spans if tags_of(each)["inferops.instance"] == warm)
    assert len({span.trace_id for span in collector.spans}) == 1
    assert inner.span_id.hex() in engine.seen[-1]["headers"]["traceparent"]


async def test_a_trace_of_the_caller_goes_on_unless_it_says_no(idle_gateway: Gateway) -> None:
    gateway, collector = idle_gateway, Collector()
    async with collector.run() as port, gateway.control():
        bootstrap = gateway.bootstrap(trace_all(port))
        async with gateway.envoy(bootstrap=bootstrap), gateway.client(host_of("warm"), ALICE) as client:
            for flags in ("00", "01"):
                headers = {"traceparent": f"00-{TRACE}-{PARENT}-{flags}"}
                assert (await client.post(CHAT, json={}, headers=headers)).status_code == 200
            (span,) = await eventually(lambda: collector.spans)
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, PARENT)


async def test_a_collector_that_is_away_costs_no_request(idle_gateway: Gateway) -> None:
    gateway = idle_gateway
    bootstrap = gateway.bootstrap(trace_all(1))
    async with gateway.control(), gateway.envoy(bootstrap=bootstrap), gateway.client(host_of("warm"), ALICE) as client:
        assert [(await client.post(CHAT, json={})).status_code for _ in range(20)] == [200] * 20

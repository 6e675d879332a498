"""The webhook's certificate: the same on every replica, put back, made anew, rotated, and never in the way."""

import asyncio
import base64
import contextlib
import json
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inferops.cluster.client import Client
from inferops.handlers import certificate, keeper
from inferops.handlers.admission.server import WebhookServer
from inferops.handlers.certificate import Certificates, build_pair
from inferops.settings import AdmissionSettings, Settings
from tests.support.apiserver import ApiServer
from tests.support.eventually import eventually
from tests.support.operator_process import OperatorProcess
from tests.support.ports import find_free_ports
from tests.support.webhook import CONFIGURATION, point_to, wait_answering

pytestmark = pytest.mark.slow


async def test_a_replica_that_does_not_lead_answers_with_the_same_certificate(
    server: ApiServer, space: str, start: Callable[..., OperatorProcess]
) -> None:
    one = start("one")
    await one.wait_leading()
    secret = f"/api/v1/namespaces/{space}/secrets/inferops-webhook"
    await eventually(lambda: server.http.get(secret).is_success)
    two = start("two")
    await wait_answering(server, two)
    assert not await two.is_leading()


async def test_an_emptied_ca_bundle_is_put_back(
    server: ApiServer, space: str, start: Callable[..., OperatorProcess]
) -> None:
    assert space
    await wait_answering(server, start())

    def read_bundle() -> str:
        return str(server.http.get(CONFIGURATION).json()["webhooks"][0]["clientConfig"].get("caBundle", ""))

    before = read_bundle()
    for value in ("", base64.b64encode(build_pair(["x"], datetime.now(UTC)).certificate.encode()).decode()):
        patch = [{"op": "replace", "path": "/webhooks/0/clientConfig/caBundle", "value": value}]
        headers = {"Content-Type": "application/json-patch+json"}
        server.http.patch(CONFIGURATION, content=json.dumps(patch), headers=headers).raise_for_status()
        await eventually(lambda: read_bundle() == before)


async def test_a_damaged_secret_is_made_anew_and_nobody_ends(
    server: ApiServer, client: Client, space: str, start: Callable[..., OperatorProcess]
) -> None:
    replicas = [start("one"), start("two")]
    await wait_answering(server, replicas[0])
    before = (await client.get("Secret", space, "inferops-webhook"))["data"]
    other = build_pair(["x"], datetime.now(UTC))
    for key in ("nonsense", other.key):
        damage = {"tls.crt": before["tls.crt"], "tls.key": base64.b64encode(key.encode()).decode()}
        await client.patch("Secret", space, "inferops-webhook", {"data": damage})

        async def is_new() -> bool:
            found = Certificates.read((await client.get("Secret", space, "inferops-webhook"))["data"])
            return bool(found and found.serving.serves([f"inferops-webhook.{space}.svc"]))

        await eventually(is_new)
        await wait_answering(server, replicas[1])
    assert all(replica.running for replica in replicas)


async def test_a_configuration_that_was_deleted_stays_so(
    server: ApiServer, space: str, start: Callable[..., OperatorProcess]
) -> None:
    assert space
    await wait_answering(server, start())
    server.http.delete(CONFIGURATION).raise_for_status()
    await asyncio.sleep(2)
    assert server.http.get(CONFIGURATION).status_code == 404


async def test_through_a_whole_rotation_the_webhook_is_trusted_at_every_moment(
    server: ApiServer, client: Client, space: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificate, "SETTLING", timedelta(seconds=2))
    monkeypatch.setattr(keeper, "CHECK_SECONDS", 0.2)
    (port,) = find_free_ports(1)
    point_to(server, port)
    settings = Settings(namespace=space, admission=AdmissionSettings(enabled=True, port=port))
    hosts = [f"inferops-webhook.{space}.svc", f"inferops-webhook.{space}.svc.cluster.local"]
    old = Certificates(build_pair(hosts, datetime.now(UTC) - timedelta(days=80)))
    meta = {"name": "inferops-webhook", "namespace": space}
    await client.create({"apiVersion": "v1", "kind": "Secret", "metadata": meta, "data": old.as_data()})
    webhook = WebhookServer(client, settings, lambda: True)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(run_server(webhook))
        try:

            async def is_served() -> str:
                with contextlib.suppress(ConnectionRefusedError):  # trusted already, and not listening yet
                    return await read_served(server, port)
                return ""

            served = [await eventually(is_served)]
            assert served[0] == old.serving.certificate

            async def is_replaced() -> bool:
                served.append(await read_served(server, port))
                return served[-1] != old.serving.certificate

            await eventually(is_replaced, within=20)
            live = (await client.get("Secret", space, "inferops-webhook"))["data"]
            now = Certificates.read(live)
            assert now is not None
            assert (now.serving.certificate, now.previous, now.next) == (served[-1], old.serving.certificate, None)
        finally:
            task.cancel()
            server.http.delete(CONFIGURATION)


async def run_server(server: WebhookServer) -> None:
    """As kopf runs it."""
    answer: Any = None
    async for _ in server(answer):
        continue


async def read_served(server: ApiServer, port: int) -> str:
    """The certificate that is served; AssertionError where what the API server trusts is not enough for it."""
    bundle = server.http.get(CONFIGURATION).json()["webhooks"][0]["clientConfig"].get("caBundle", "")
    assert bundle, "nothing is trusted yet"
    trust = ssl.create_default_context(cadata=base64.b64decode(bundle).decode())
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trust)
    transport: ssl.SSLObject = writer.get_extra_info("ssl_object")
    der = transport.getpeercert(binary_form=True)
    writer.close()
    return ssl.DER_cert_to_PEM_cert(der or b"")

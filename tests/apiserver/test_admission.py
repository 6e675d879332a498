"""The admission webhook before a real API server: what people read at kubectl apply, and that nothing depends on it."""

import asyncio
import base64
import json
import secrets
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from inferops.cluster.client import Client
from inferops.cluster.connection import read_connection
from inferops.handlers.admission import certificate, keeper
from inferops.handlers.admission.certificate import Certificates, build_pair
from inferops.handlers.admission.server import WebhookServer
from inferops.handlers.admission.validate import judge
from inferops.names import API_VERSION, Manifest
from inferops.plan.admission import Ruling
from inferops.reconcile.admission import Question
from inferops.settings import AdmissionSettings, Settings
from tests.apiserver.test_chart import render_chart
from tests.support.apiserver import ApiServer, find_free_ports, start_apiserver
from tests.support.crds import install_crds
from tests.support.eventually import eventually
from tests.support.operator_process import OperatorProcess

GPU = {"cpu": "1", "memory": "1Gi", "gpu": {"model": "L4", "count": 2}}
CONFIGURATION = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/inferops"
Write = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """An API server of this module's own: the webhook sees every write to it."""
    with start_apiserver(tmp_path_factory.mktemp("apiserver")) as server:
        install_crds(server)
        yield server


@pytest.fixture
def space(server: ApiServer) -> str:
    """A namespace, and the suffix of a catalog of one's own."""
    name = f"test-{secrets.token_hex(4)}"
    server.http.post("/api/v1/namespaces", json={"metadata": {"name": name}}).raise_for_status()
    return name


@pytest.fixture
async def client(server: ApiServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    monkeypatch.setenv("KUBECONFIG", str(server.kubeconfig))
    async with Client(read_connection("test")) as client:
        yield client


@pytest.fixture
async def start(server: ApiServer, space: str, tmp_path: Path) -> AsyncIterator[Callable[..., OperatorProcess]]:
    """Starts replicas whose webhook the API server asks, and ends them."""
    started: list[OperatorProcess] = []

    def start_replica(identity: str = "one", **admission: Any) -> OperatorProcess:
        settings = {"namespace": space, "watchNamespaces": [space], "admission": {"enabled": True, **admission}}
        started.append(OperatorProcess(tmp_path, server.kubeconfig, settings, identity))
        return started[-1]

    yield start_replica
    for replica in started:
        replica.terminate()
    server.http.delete(CONFIGURATION)


def point_to(server: ApiServer, port: int) -> None:
    """The chart's configuration, asking at a port of this machine rather than a Service."""
    (found,) = (each for each in render_chart(()) if each["kind"] == "ValidatingWebhookConfiguration")
    found["webhooks"][0]["clientConfig"] = {"url": f"https://127.0.0.1:{port}/validate"}
    if not server.http.get(CONFIGURATION).is_success:
        server.http.post(CONFIGURATION.rpartition("/")[0], json=found).raise_for_status()
    else:
        patch = [
            {"op": "replace", "path": "/webhooks/0/clientConfig/url", "value": f"https://127.0.0.1:{port}/validate"}
        ]
        headers = {"Content-Type": "application/json-patch+json"}
        server.http.patch(CONFIGURATION, content=json.dumps(patch), headers=headers).raise_for_status()


async def wait_answering(server: ApiServer, replica: OperatorProcess) -> None:
    """Until the API server asks this replica, and believes its certificate."""
    await replica.wait_ready()
    await asyncio.to_thread(point_to, server, replica.webhook_port)
    probe = build("Registry", "probe", "default", {"url": "ghcr.io", "dockerConfigSecretRef": {"name": "nothing"}})

    async def is_asked() -> bool:
        _, said = await asyncio.to_thread(apply, server, probe, "--dry-run=server")
        return "there is no Secret" in said

    await eventually(is_asked, within=30, interval=0.3)


def build(kind: str, name: str, namespace: str, spec: Manifest) -> Manifest:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}


def build_instance(space: str, **spec: Any) -> Manifest:
    given = {
        "model": f"tiny-{space}",
        "auth": "None",
        "regions": [{"region": f"eu-{space}", "scale": {"min": 1, "max": 1}}],
    }
    return build("InferenceInstance", "chat", space, given | spec)


async def write_catalog(server: ApiServer, space: str) -> None:
    model = {"image": "engine:1", "source": "file:///m", "defaultHardware": f"gpu-{space}"}
    for manifest in (
        build("Hardware", f"gpu-{space}", "", GPU),
        build("Region", f"eu-{space}", "", {"id": int(space[-4:], 16)}),
        build("Model", f"tiny-{space}", "", model),
    ):
        code, said = await asyncio.to_thread(apply, server, manifest)
        assert not code, said


def apply(server: ApiServer, manifest: Manifest, *flags: str) -> tuple[int, str]:
    """kubectl apply: its exit status, and all that a person reads."""
    done = server.run_kubectl("apply", "-f", "-", *flags, stdin=json.dumps(manifest))
    return done.returncode, done.stdout + done.stderr


async def test_what_can_never_become_right_is_denied_and_what_may_is_told(
    server: ApiServer, space: str, start: Callable[..., OperatorProcess]
) -> None:
    await write_catalog(server, space)
    await wait_answering(server, start())
    port = [{"name": "engine", "ports": [{"containerPort": 8000, "$patch": "delete"}]}]
    cases: list[tuple[Manifest, int, str]] = [
        (build_instance(space), 0, "created"),
        (
            build_instance(space, model=f"tinny-{space}"),
            0,
            f'there is no Model "tinny-{space}". Did you mean "tiny-{space}"?',
        ),
        (build_instance(space, auth="ApiKey", apiKeys=["kee"]), 0, 'spec.apiKeys[0]: there is no ApiKey "kee"'),
        (build_instance(space, args=["-tp=4"]), 1, "spec.args: 4 (tensor parallel) needs 4 GPUs, and one replica"),
        (
            build_instance(space, podTemplate={"spec": {"containers": port}}),
            1,
            "spec.podTemplate.spec.containers[engine]",
        ),
        (
            build("Region", f"us-{space}", "", {"id": int(space[-4:], 16)}),
            1,
            f'is the id of Region "eu-{space}" already',
        ),
        (build("Model", "m", "", {"image": "e:1", "source": "hf://a/b", "defaultHardware": "x"}), 0, 'no Hardware "x"'),
        (build("ApiKey", "key", space, {"secretRef": {"name": "none", "key": "k"}}), 0, 'there is no Secret "none"'),
        (build("Hardware", f"gpu-{space}", "", {**GPU, "gpu": {"model": "L4", "count": 1}}), 0, "configured"),
    ]
    for manifest, code, sentence in cases:
        done, said = await asyncio.to_thread(apply, server, manifest)
        assert (done, sentence in said) == (code, True), f"{sentence}: {said}"
        assert not code or 'admission webhook "validate.inferops.dev" denied the request' in said
    deleted = await asyncio.to_thread(server.run_kubectl, "delete", "infhw", f"gpu-{space}", stdin="")
    assert f"is still named by Model tiny-{space}" in deleted.stderr


async def test_the_id_of_a_region_never_changes(server: ApiServer, space: str) -> None:
    await write_catalog(server, space)
    code, said = await asyncio.to_thread(apply, server, build("Region", f"eu-{space}", "", {"id": 70_000}))
    assert code
    assert "id never changes: the REST API knows the region by it" in said


async def test_a_change_of_the_catalog_that_breaks_instances_is_told(
    server: ApiServer, space: str, start: Callable[..., OperatorProcess]
) -> None:
    await write_catalog(server, space)
    await wait_answering(server, start())
    code, said = await asyncio.to_thread(apply, server, build_instance(space, args=["-tp=2"]))
    assert not code, said

    async def is_told() -> bool:
        smaller = build("Hardware", f"gpu-{space}", "", {**GPU, "gpu": {"model": "L4", "count": 1}})
        _, said = await asyncio.to_thread(apply, server, smaller, "--dry-run=server")
        return f"InferenceInstance {space}/chat would no longer be accepted: spec.args" in said

    await eventually(is_told)


async def test_unknown_names_are_denied_where_the_setting_says_so(
    server: ApiServer, space: str, start: Callable[..., OperatorProcess]
) -> None:
    await write_catalog(server, space)
    await wait_answering_denials(server, start(unknownNames="Deny"), space)
    code, said = await asyncio.to_thread(apply, server, build_instance(space, model="nothing"))
    assert code
    assert 'spec.model: there is no Model "nothing"' in said
    assert not (await asyncio.to_thread(apply, server, build_instance(space)))[0]


async def wait_answering_denials(server: ApiServer, replica: OperatorProcess, space: str) -> None:
    await replica.wait_ready()
    await asyncio.to_thread(point_to, server, replica.webhook_port)
    probe = build("InferenceInstance", "probe", space, build_instance(space, model="nothing")["spec"])
    await eventually(lambda: apply(server, probe, "--dry-run=server")[0] == 1, within=30, interval=0.3)


async def test_without_the_webhook_writes_pass_at_once_and_the_condition_has_the_same_sentence(
    server: ApiServer, client: Client, space: str, start: Callable[..., OperatorProcess]
) -> None:
    await write_catalog(server, space)
    replica = start()
    await wait_answering(server, replica)
    wrong = build_instance(space, args=["-tp=4"])
    code, denial = await asyncio.to_thread(apply, server, wrong)
    assert code
    begun = time.monotonic()
    assert replica.terminate() == 0
    assert time.monotonic() - begun < 3, "open connections of the API server hold it up"
    begun = time.monotonic()
    assert not (await asyncio.to_thread(apply, server, wrong))[0]
    assert time.monotonic() - begun < 2
    replica = start("two")

    async def read_sentence() -> str:
        status = (await client.get("InferenceInstance", space, "chat")).get("status", {})
        found = (each for each in status.get("conditions") or [] if each["type"] == "Accepted")
        return str(next(found, {"message": ""})["message"])

    assert (await eventually(read_sentence, within=30)) in denial


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
            served = [await eventually(lambda: read_served(server, port))]
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


def test_a_rule_that_fails_lets_the_write_pass(caplog: pytest.LogCaptureFixture) -> None:
    broken: Any = None
    model = build("Model", "m", "", {"image": "engine:1", "source": "hf://owner/name"})
    assert judge(broken, Settings(), Question("Model", model, None)) == Ruling()
    assert "admission review failed" in caplog.text

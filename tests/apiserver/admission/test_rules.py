"""The admission webhook before a real API server: what people read at kubectl apply, and that nothing depends on it."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from inferops.cluster.client import Client
from inferops.handlers.admission.validate import judge
from inferops.names import API_VERSION, Manifest
from inferops.plan.admission import Ruling
from inferops.reconcile.admission import Question
from inferops.settings import Settings
from tests.support.apiserver import ApiServer
from tests.support.eventually import PATIENCE, eventually
from tests.support.operator_process import OperatorProcess
from tests.support.webhook import GPU, apply, build, build_instance, point_to, wait_answering, write_catalog


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
    for levels in (100, 300, 3000):
        refused = await asyncio.to_thread(post_deep, server, space, levels)
        assert (refused.status_code, "nested deeper than" in refused.text) == (422, True), refused.text[:200]
    deleted = await asyncio.to_thread(server.run_kubectl, "delete", "infhw", f"gpu-{space}", stdin="")
    assert f"is still named by Model tiny-{space}" in deleted.stderr


def post_deep(server: ApiServer, space: str, levels: int) -> httpx.Response:
    """As text: no library of ours writes what is so deep."""
    text = json.dumps(build_instance(space, podTemplate={}) | {"metadata": {"name": "deep"}})
    text = text.replace('"podTemplate": {}', '"podTemplate": ' + '{"a":' * levels + "1" + "}" * levels)
    path = f"/apis/{API_VERSION}/namespaces/{space}/inferenceinstances"
    return server.http.post(path, content=text, headers={"content-type": "application/json"})


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
    assert time.monotonic() - begun < 3 * PATIENCE, "open connections of the API server hold it up"
    begun = time.monotonic()
    assert not (await asyncio.to_thread(apply, server, wrong))[0]
    assert time.monotonic() - begun < 2 * PATIENCE
    replica = start("two")

    async def read_sentence() -> str:
        status = (await client.get("InferenceInstance", space, "chat")).get("status", {})
        found = (each for each in status.get("conditions") or [] if each["type"] == "Accepted")
        return str(next(found, {"message": ""})["message"])

    assert (await eventually(read_sentence, within=30)) in denial


def test_a_rule_that_fails_lets_the_write_pass(caplog: pytest.LogCaptureFixture) -> None:
    broken: Any = None
    model = build("Model", "m", "", {"image": "engine:1", "source": "hf://owner/name"})
    assert judge(broken, Settings(), Question("Model", model, None)) == Ruling()
    assert "admission review failed" in caplog.text

"""`inferops explain` against a real API server, with an administrator's and with a user's rights."""

import asyncio
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from inferops.cluster.client import Client
from inferops.names import instance_id
from tests.support.apiserver import ApiServer
from tests.support.user import write_user
from tests.support.world import World


@pytest.fixture
async def world(keda: ApiServer, client: Client, namespace: str) -> World:
    assert keda.ours
    world = World(client, namespace, keda=True)
    await world.write_catalog()
    return world


async def explain(kubeconfig: Path, namespace: str, *arguments: str) -> tuple[int, str, str]:
    """Exit status, output and errors."""
    command = [sys.executable, "-m", "inferops", "explain", "-n", namespace, *arguments]
    environment = os.environ | {"KUBECONFIG": str(kubeconfig)}
    done = await asyncio.to_thread(
        subprocess.run, command, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout, done.stderr


async def read_lines(kubeconfig: Path, namespace: str, name: str) -> dict[str, Any]:
    """The answer, and its lines by subject."""
    status, out, error = await explain(kubeconfig, namespace, name, "-o", "json")
    assert status in {0, 1}, error
    answer: dict[str, Any] = json.loads(out)
    answer["lines"] = {line["subject"]: line for section in answer["sections"] for line in section["lines"]}
    return answer


async def test_a_fresh_spec_without_an_operator_says_so(own: ApiServer, world: World) -> None:
    await world.write_instance()
    answer = await read_lines(own.kubeconfig, world.namespace, "chat")
    assert not answer["ready"]
    assert answer["next"].startswith("Start the operator")
    assert "has not been looked at" in answer["lines"]["spec"]["text"]
    assert answer["lines"][f"Service {instance_id(world.namespace, 'chat')}"]["text"] == "is not there"


async def test_a_sleeping_instance_stands_in_nobodys_way(own: ApiServer, world: World) -> None:
    await world.write_instance()
    await world.reconcile("InferenceInstance", "chat")
    answer = await read_lines(own.kubeconfig, world.namespace, "chat")
    assert answer["ready"], answer
    assert answer["next"].startswith("Nothing: it sleeps, and the next request to https://")
    assert all(line["mark"] != "failure" for line in answer["lines"].values())


async def test_the_newest_spec_is_judged_even_where_nobody_acts_on_it(own: ApiServer, world: World) -> None:
    await world.write_instance()
    await world.reconcile("InferenceInstance", "chat")
    await world.write_instance(model=f"tinny-{world.namespace}")
    answer = await read_lines(own.kubeconfig, world.namespace, "chat")
    assert answer["lines"]["Accepted"]["mark"] == "failure"
    assert "The status still says True" in answer["lines"]["Accepted"]["text"]
    assert f'Did you mean "tiny-{world.namespace}"?' in answer["next"]


async def test_somebody_elses_object_of_the_same_name_is_named(own: ApiServer, world: World) -> None:
    name = instance_id(world.namespace, "chat")
    meta = {"name": name, "namespace": world.namespace}
    spec = {"ports": [{"port": 80}], "selector": {"app": "theirs"}}
    await world.client.apply({"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec}, manager="user")
    await world.write_instance()
    answer = await read_lines(own.kubeconfig, world.namespace, "chat")
    assert "is not ours" in answer["lines"][f"Service {name}"]["text"]


async def test_a_mistake_that_only_the_api_server_knows_is_told_as_the_operator_heard_it(
    own: ApiServer, world: World
) -> None:
    template = {"spec": {"containers": [{"name": "engine", "ports": [{"containerPort": 99999}]}]}}
    await world.write_instance(podTemplate=template)
    await world.reconcile("InferenceInstance", "chat")
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    lease = {"holderIdentity": "one", "renewTime": stamp, "leaseDurationSeconds": 15}
    meta = {"name": "inferops-operator", "namespace": world.namespace}
    manifest = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": meta, "spec": lease}
    await world.client.apply(manifest, manager="user")
    status, out, _ = await explain(own.kubeconfig, world.namespace, "chat", "--system-namespace", world.namespace)
    assert status == 1
    assert "one acts" in out
    assert "99999" in out.splitlines()[-1]


async def test_what_a_user_may_not_see_is_told_and_the_rest_goes_on(
    own: ApiServer, world: World, tmp_path: Path
) -> None:
    await world.write_instance()
    await world.reconcile("InferenceInstance", "chat")
    user = write_user(own, world.namespace, tmp_path)
    answer = await read_lines(user, world.namespace, "chat")
    lines = answer["lines"]
    for subject in ("Model and Hardware and Region", f"Model tiny-{world.namespace}", "Deployment", "Lease"):
        assert lines[subject]["mark"] == "unseen"
        assert "is forbidden" in lines[subject]["text"]
    assert lines["Available"]["text"].startswith("False ScaledToZero")
    assert not [subject for subject, line in lines.items() if line["mark"] == "failure"]
    status, out, _ = await explain(user, world.namespace, "chat")
    assert status == 0
    assert "\x1b[" not in out


async def test_an_unknown_name_ends_with_status_2(own: ApiServer, world: World) -> None:
    await world.write_instance()
    status, out, error = await explain(own.kubeconfig, world.namespace, "chatt")
    assert (status, out) == (2, "")
    head = f'there is no InferenceInstance "chatt" in namespace "{world.namespace}".'
    assert error == f'Error: {head} Did you mean "chat"?\n'

"""What `inferops render` prints is, byte for byte, what the operator sends to a real API server."""

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from click.testing import CliRunner, Result

from inferops.cli.catalog import CHART_VALUES, read_catalog
from inferops.cli.main import main
from inferops.cluster.client import Client
from inferops.cluster.connection import Connection
from inferops.cluster.resources import RESOURCES
from inferops.errors import ClusterError
from inferops.names import Manifest
from tests.support.apiserver import ApiServer
from tests.support.plan_cases import read_documents, read_names
from tests.support.world import World

GOLDEN = Path(__file__).parents[1] / "golden" / "plan"
EXAMPLES = Path(__file__).parents[2] / "examples"
OURS = {"InferenceInstance", "Registry", "ApiKey", "Model", "Hardware", "Region"}


class RecordingClient(Client):
    """Keeps the bodies of all objects that are applied."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.bodies: list[bytes] = []

    async def _request(
        self,
        verb: str,
        kind: str,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        body: Mapping[str, Any] | list[Manifest] | None = None,
    ) -> Manifest:
        if verb == "APPLY" and isinstance(body, Mapping) and kind not in OURS and "dryRun" not in (query or {}):
            self.bodies.append(orjson.dumps(without_precondition(dict(body))))
        return await super()._request(verb, kind, path, query, body=body)


def without_precondition(body: Manifest) -> Manifest:
    """What is asked for, less the resourceVersion by which a write says that the object must not exist yet."""
    metadata = {name: value for name, value in body["metadata"].items() if name != "resourceVersion"}
    return {**body, "metadata": metadata}


@pytest.fixture
async def recorder(keda: ApiServer, connection: Connection) -> AsyncIterator[RecordingClient]:
    assert keda.ours
    async with RecordingClient(connection) as client:
        yield client


async def write(client: Client, namespace: str, documents: list[Manifest]) -> list[Manifest]:
    """Users' objects in the namespace, as the API server holds them. Skips what a rule of the API server refuses."""
    written = []
    for document in (each for each in documents if each["kind"] in OURS):
        metadata = {"name": document["metadata"]["name"]}
        if RESOURCES[document["kind"]].namespaced:
            metadata["namespace"] = namespace
        try:
            written.append(await client.apply({**document, "metadata": metadata}, manager="user"))
        except ClusterError as error:
            pytest.skip(str(error))
    return written


async def apply_all(world: World, written: list[Manifest]) -> list[str]:
    """Reconcile every instance; the messages of condition Accepted where it is False."""
    refused = []
    for name in sorted(each["metadata"]["name"] for each in written if each["kind"] == "InferenceInstance"):
        await world.reconcile("InferenceInstance", name)
        status, reason, message = await world.condition("InferenceInstance", name, "Accepted")
        if status == "False" and reason != "ApiKeyNotFound":
            refused.append(message)
    return refused


def render(folder: Path, written: list[Manifest], given: Manifest, *arguments: str) -> Result:
    """Offline, from the objects and settings alone."""
    written.sort(key=lambda each: str(each["metadata"]["name"]))
    (folder / "objects.json").write_text(json.dumps({"kind": "List", "items": written}))
    (folder / "settings.yaml").write_text(yaml.safe_dump(given.get("settings", {})))
    files = ["-f", str(folder / "objects.json"), "--settings", str(folder / "settings.yaml")]
    keda = "--keda" if given.get("keda", True) else "--no-keda"
    routes = "--gateway-api" if given.get("gateway_api", False) else "--no-gateway-api"
    return CliRunner().invoke(main, ["render", *files, keda, routes, "-o", "json", *arguments])


@pytest.mark.parametrize("case", read_names(GOLDEN))
async def test_a_golden_case_is_rendered_as_it_is_applied(
    recorder: RecordingClient, namespace: str, tmp_path: Path, case: str
) -> None:
    documents = [*read_documents(GOLDEN / "catalog.yaml"), *read_documents(GOLDEN / f"{case}.in.yaml")]
    given: Manifest = next((each for each in documents if each["kind"] == "Given"), {})
    if {each["kind"] for each in documents} & {"Pod", "Deployment", "PersistentVolumeClaim", "HTTPRoute"}:
        pytest.skip("the case begins with objects that a controller made")
    if given.get("settings", {}).get("ingress", {}).get("kind") == "HTTPRoute":
        pytest.skip("this API server has no HTTPRoutes")
    world = World(recorder, namespace, keda=given.get("keda", True))
    world.settings = type(world.settings).model_validate(given.get("settings", {}))
    written = await write(recorder, namespace, documents)
    refused = await apply_all(world, written)
    result = render(tmp_path, written, given, "--catalog", str(GOLDEN / "catalog.yaml"))
    assert result.stdout.encode().splitlines() == recorder.bodies
    assert result.exit_code == (1 if refused else 0), result.stderr
    for message in refused:
        assert result.stderr.partition(": ")[2].partition(": ")[2].splitlines()[0] in message


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.yaml")))
async def test_an_example_with_the_charts_catalog_is_rendered_as_it_is_applied(
    recorder: RecordingClient, namespace: str, tmp_path: Path, name: str
) -> None:
    world = World(recorder, namespace, keda=True)
    await write(recorder, namespace, list(read_catalog(str(CHART_VALUES))))
    written = await write(recorder, namespace, read_documents(EXAMPLES / name))
    assert not await apply_all(world, written)
    result = render(tmp_path, written, {})
    assert result.exit_code == 0, result.stderr
    assert result.stdout.encode().splitlines() == recorder.bodies


async def test_what_is_there_already_is_not_sent_again(recorder: RecordingClient, namespace: str) -> None:
    world = World(recorder, namespace, keda=True)
    await write(recorder, namespace, list(read_catalog(str(CHART_VALUES))))
    written = await write(recorder, namespace, read_documents(EXAMPLES / "chat.yaml"))
    await apply_all(world, written)
    count = len(recorder.bodies)
    await apply_all(world, written)
    assert len(recorder.bodies) == count > 0

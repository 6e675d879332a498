"""An instance that is nested as deep as the API server allows: nobody else notices."""

import httpx
import pytest

from inferops.names import Manifest, instance_id
from tests.apiserver.test_poison import build
from tests.support.eventually import eventually
from tests.support.operator_process import OperatorProcess
from tests.support.operator_world import MODEL
from tests.support.rest import Rest

REGIONS = [{"region": "nowhere", "scale": {"min": 1, "max": 1}}]


async def create_deep(rest: Rest, name: str, levels: int) -> None:
    """As text: no library of ours writes it."""
    deep = '{"a":' * levels + "1" + "}" * levels
    spec = (
        f'{{"model": "none", "regions": [{{"region": "x", "scale": {{"min": 1, "max": 1}}}}], "podTemplate": {deep}}}'
    )
    metadata = f'{{"name": "{name}", "namespace": "{rest.namespace}"}}'
    connection = rest.client.connection
    url = f"{connection.server}/apis/inferops.dev/v1alpha1/namespaces/{rest.namespace}/inferenceinstances"
    headers = {"content-type": "application/json", "authorization": connection.authorization()}
    kind = '"apiVersion": "inferops.dev/v1alpha1", "kind": "InferenceInstance"'
    body = f'{{{kind}, "metadata": {metadata}, "spec": {spec}}}'
    async with httpx.AsyncClient(verify=connection.tls()) as http:
        (await http.post(url, content=body, headers=headers)).raise_for_status()


@pytest.mark.parametrize("levels", [300, 3000])
async def test_an_instance_without_bottom_hides_no_other(rest: Rest, operator: OperatorProcess, levels: int) -> None:
    await create_deep(rest, "deep", levels)
    name = f"m-{rest.namespace}"
    await rest.client.create(build("Model", name, MODEL))
    await rest.client.create(build("InferenceInstance", "chat", {"model": name, "regions": REGIONS}, rest.namespace))

    async def status(instance: str) -> Manifest:
        found: Manifest = (await rest.client.get("InferenceInstance", rest.namespace, instance)).get("status") or {}
        return found

    async def is_told() -> bool:
        return (await status("chat")).get("id") == instance_id(rest.namespace, "chat")

    async def is_refused() -> bool:
        return "nested deeper than" in (await status("deep")).get("message", "")

    await eventually(is_told, within=20)
    await eventually(is_refused, within=20)
    assert operator.running

    async def shown() -> set[str]:
        return {each["name"] for each in (await rest.http.get("/instances")).json()}

    async def has_both() -> bool:
        return await shown() == {"chat", "deep"}

    await eventually(has_both, within=10)
    assert (await rest.http.get("/instances/deep")).status_code == 200

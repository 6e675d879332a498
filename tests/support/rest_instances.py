"""Instances by REST: what tests send, and what the operator would write of it."""

from typing import Any

import httpx

from inferops.names import STATUS_MANAGER, Manifest
from tests.support.eventually import eventually
from tests.support.operator_world import build
from tests.support.rest import Rest


async def build_body(rest: Rest, catalog: str) -> dict[str, Any]:
    """A new instance, once the API knows the Model, Hardware and Region of that name."""

    async def is_known() -> bool:
        known = rest.services.world.catalog
        return catalog in known.regions and catalog in known.models and catalog in known.hardwares

    await eventually(is_known)
    number = rest.services.world.catalog.regions[catalog].id
    scaling = [{"regionId": number, "scale": {"min": 1, "max": 2}}]
    return {"name": "chat", "modelId": catalog, "hardwareId": catalog, "autoScalingConfigurations": scaling}


async def write_status(rest: Rest, name: str, reason: str, status: str = "False", phase: str = "ACTIVE") -> None:
    """As the operator does."""
    obj = await rest.client.get("InferenceInstance", rest.namespace, name)
    generation = obj["metadata"]["generation"]
    condition = {
        "type": "Progressing",
        "status": status,
        "reason": reason,
        "message": "",
        "lastTransitionTime": "2030-01-01T00:00:00Z",
        "observedGeneration": generation,
    }
    manifest = build("InferenceInstance", name, {}, rest.namespace)
    manifest["status"] = {"phase": phase, "observedGeneration": generation, "conditions": [condition]}
    del manifest["spec"]
    await rest.client.apply(manifest, manager=STATUS_MANAGER, subresource="status")


async def read_spec(rest: Rest, name: str = "chat") -> Manifest:
    spec: Manifest = (await rest.client.get("InferenceInstance", rest.namespace, name))["spec"]
    return spec


async def create(rest: Rest, body: dict[str, Any], **metadata: Any) -> httpx.Response:
    """An instance, marked by whoever keeps it; its answer."""
    answer = await rest.http.post("/instances", json=body)
    assert answer.status_code == 201, answer.text
    if metadata:
        patch = {"metadata": metadata}
        await rest.client.patch("InferenceInstance", rest.namespace, answer.json()["_id"], patch)
    return answer

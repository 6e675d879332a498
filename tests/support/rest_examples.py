"""What the examples of the REST API's documentation speak of, by the same ids."""

from contextlib import suppress

from inferops.cluster.client import Client
from inferops.errors import Conflict
from tests.support.operator_world import MODEL, build
from tests.support.rest import make_key

HARDWARE = {
    "displayName": "1xL40S / 16 vCPU / 232GiB RAM",
    "cpu": "16",
    "memory": "232Gi",
    "gpu": {"model": "NVIDIA-L40S", "count": 1, "memory": "48Gi"},
    "pricePerHour": "1.275",
}
IMAGE_HARDWARE, CHAT_MODEL = "59651ba4-657a-41d4-8c42-00f34f732375", "201a99c3-7cd4-4831-865e-b261082fda4b"
OWN = "6721058be81810b9dd045f40"
"""Name of the registry and of the key that the examples speak of."""
CATALOG = [
    build("Hardware", IMAGE_HARDWARE, HARDWARE),
    build(
        "Model",
        "12ed7523-432c-48f5-b3cd-32e6726d07c8",
        {**MODEL, "displayName": "stable-diffusion", "defaultHardware": IMAGE_HARDWARE, "features": ["image"]},
    ),
    build("Model", CHAT_MODEL, MODEL),
    build("Region", "singapore", {"id": 18, "displayName": "Singapore", "countryCode": "SG"}),
    build("Region", "paris", {"id": 78, "displayName": "Paris", "countryCode": "FR"}),
]


async def make_examples(client: Client, namespace: str) -> None:
    """The catalog, and a registry and a key of the namespace."""
    for manifest in CATALOG:
        with suppress(Conflict):
            await client.create(manifest)
    await make_key(client, namespace, OWN, scopes=["inference"])
    await client.create(build("Registry", OWN, {"url": "docker.io/library/user/image:tag"}, namespace))

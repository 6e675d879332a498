"""Real vLLM on the CPU, with the boot of a model that takes its time: an init container sleeps before it, where others
download weights.
"""

import yaml

from bench.scaling.place import Place, build_instance
from dev.cluster.layout import REGISTRY_NAME, REGISTRY_PORT
from dev.demo.__main__ import EXAMPLES
from dev.demo.engine_image import IMAGE, TAG, push_engine_image
from inferops.names import Manifest
from tests.e2e.world import resource

MODEL = "bench-vllm"
HARDWARE = "bench-cpu"
REGISTRY = "private"
DOWNLOAD_SECONDS = 45
REFERENCE = f"{REGISTRY_NAME}:{REGISTRY_PORT}/{IMAGE}:{TAG}"


def install_vllm(place: Place) -> None:
    """Image, registry and catalog: the demo's, on a CPU."""
    push_engine_image()
    place.target.kubectl("-n", place.namespace, "apply", "-f", str(EXAMPLES / "2-registry.yaml"))
    source, arguments = "file:///models/tiny-chat", ["--max-model-len", "1024"]
    catalog = [
        resource("Hardware", HARDWARE, cpu="250m", memory="3Gi", pricePerHour="0.10"),
        resource(
            "Model",
            MODEL,
            engine="vLLM",
            image=REFERENCE,
            source=source,
            args=arguments,
            features=["chat"],
            defaultHardware=HARDWARE,
        ),
    ]
    place.target.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(catalog))


def build_vllm(name: str, **spec: object) -> Manifest:
    """An instance of it at zero."""
    download = {"name": "download", "image": REFERENCE, "command": ["sleep", str(DOWNLOAD_SECONDS)]}
    template = {"spec": {"initContainers": [download]}}
    return build_instance(name, MODEL, registry=REGISTRY, podTemplate=template, **spec)

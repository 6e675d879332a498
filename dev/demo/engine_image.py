"""The engine's image into the private registry, so that the demo pulls it as users pull theirs."""

import subprocess

from dev.cluster.layout import NODE_IP, REGISTRY_PASSWORD, REGISTRY_PORT, REGISTRY_USER
from dev.images.catalog import RECIPES, build_image

REPOSITORY = f"docker://{NODE_IP}:{REGISTRY_PORT}/vllm/vllm-openai"
TAG = "demo"
CREDENTIALS = f"{REGISTRY_USER}:{REGISTRY_PASSWORD}"


def push_engine_image() -> None:
    """Push once per content: the tag of the content stays, `demo` points to the newest."""
    image = build_image(RECIPES["vllm"])
    content = f"{REPOSITORY}:{image.reference.rpartition(':')[2]}"
    inspect = ["skopeo", "inspect", "--raw", "--tls-verify=false", f"--creds={CREDENTIALS}", content]
    if subprocess.run(inspect, capture_output=True, check=False).returncode:
        print("  pushing the engine's image into the private registry", flush=True)
        copy(f"docker-archive:{image.archive}", content)
    copy(content, f"{REPOSITORY}:{TAG}", f"--src-creds={CREDENTIALS}", "--src-tls-verify=false")


def copy(source: str, destination: str, *options: str) -> None:
    """Copy an image with skopeo."""
    command = ["skopeo", "copy", "-q", "--dest-tls-verify=false", f"--dest-creds={CREDENTIALS}", *options]
    subprocess.run([*command, source, destination], check=True)

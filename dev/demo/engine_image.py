"""The engine's image into the private registry, so that the demo pulls it as users pull theirs."""

import subprocess

from dev.cluster.containerd import run_ctr
from dev.cluster.layout import NODE_IP, REGISTRY_NAME, REGISTRY_PASSWORD, REGISTRY_PORT, REGISTRY_USER, read_layout
from dev.images.catalog import RECIPES, build_image

IMAGE = "vllm/vllm-openai"
REPOSITORY = f"docker://{NODE_IP}:{REGISTRY_PORT}/{IMAGE}"
TAG = "demo"
CREDENTIALS = f"{REGISTRY_USER}:{REGISTRY_PASSWORD}"


def push_engine_image() -> None:
    """Push what the registry lacks: each content has a tag, and `demo` names the newest."""
    image = build_image(RECIPES["vllm"])
    content, newest = f"{REPOSITORY}:{image.reference.rpartition(':')[2]}", f"{REPOSITORY}:{TAG}"
    if not read_manifest(content):
        print("  pushing the engine's image into the private registry", flush=True)
        copy(f"docker-archive:{image.archive}", content)
    if read_manifest(newest) != read_manifest(content):
        copy(content, newest, f"--src-creds={CREDENTIALS}", "--src-tls-verify=false")
        # the node would go on with what it has under this name
        run_ctr(read_layout(), "images", "rm", f"{REGISTRY_NAME}:{REGISTRY_PORT}/{IMAGE}:{TAG}")


def read_manifest(reference: str) -> str:
    """The image's manifest in the registry; empty when it is not there."""
    command = ["skopeo", "inspect", "--raw", "--tls-verify=false", f"--creds={CREDENTIALS}", reference]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def copy(source: str, destination: str, *options: str) -> None:
    """Copy an image with skopeo."""
    command = ["skopeo", "copy", "-q", "--dest-tls-verify=false", f"--dest-creds={CREDENTIALS}", *options]
    subprocess.run([*command, source, destination], check=True)

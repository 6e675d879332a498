"""`python -m dev.install`: this checkout's inferops on a cluster, by `helm upgrade --install`.

On the local cluster everything is built here first: the cluster, the images, then the chart with dev/values.yaml. On a
cluster of yours (KUBECONFIG or CONTEXT) only the chart is installed, with the public images.
"""

import subprocess
import sys
from pathlib import Path

from dev.images.catalog import RECIPES, build_image
from dev.target import Target, read_target

ROOT = Path(__file__).parent.parent
NAMESPACE = "inferops-system"
LOADED = ("inferops", "gateway", "engine")
"""Images that the node gets directly; the vllm image comes through the private registry."""


def install() -> Target:
    """Bring up what is missing and return the cluster that was installed on."""
    target = read_target()
    if target.local:
        subprocess.run([sys.executable, "-m", "dev.cluster", "up"], cwd=ROOT, check=True)
        target = read_target()
    overrides: list[str] = []
    if target.local:
        overrides = load_images()
        forget_interrupted(target)
    target.helm(
        "upgrade", "--install", "inferops", str(ROOT / "charts/inferops"),
        *("--namespace", NAMESPACE, "--create-namespace", "--wait", "--timeout", "5m"),
        *overrides,
    )  # fmt: skip
    for process in ("operator", "control", "ledger", "api", "gateway"):
        target.kubectl(
            *("-n", NAMESPACE, "wait", f"deployment/inferops-{process}", "--timeout=180s"),
            "--for=jsonpath={.status.readyReplicas}",
        )
    return target


def forget_interrupted(target: Target) -> None:
    """Let helm go on after one that was killed: it leaves its revision pending, and every later helm refuses.

    What that one had already made stays; the next takes it over by its labels.
    """
    pending = "owner=helm,name=inferops,status in (pending-install,pending-upgrade,pending-rollback)"
    target.kubectl("-n", NAMESPACE, "delete", "secret", "--selector", pending)


def load_images() -> list[str]:
    """Build the images, import them into the node, and return the chart's values that name them."""
    images = {name: build_image(RECIPES[name]) for name in LOADED}
    archives = [str(image.archive) for image in images.values()]
    subprocess.run([sys.executable, "-m", "dev.cluster", "load", *archives], cwd=ROOT, check=True)
    repository, _, tag = images["inferops"].reference.rpartition(":")
    values = {"image.repository": repository, "image.tag": tag, "gateway.image": images["gateway"].reference}
    return ["--values", str(ROOT / "dev/values.yaml"), *(f"--set={key}={value}" for key, value in values.items())]


if __name__ == "__main__":
    install()

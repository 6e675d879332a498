"""KEDA in pods, as users have it: its own manifests, images of the binaries built here, recommended settings."""

import hashlib
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from dev.cluster.containerd import load_program
from dev.cluster.layout import Layout
from dev.cluster.programs import find_tool, read_key

MODULE = "github.com/kedacore/keda/v2"
# Deployment -> (the image its manifest names, our binary).
DEPLOYMENTS = {
    "keda-operator": ("ghcr.io/kedacore/keda", "keda"),
    "keda-metrics-apiserver": ("ghcr.io/kedacore/keda-metrics-apiserver", "keda-adapter"),
    "keda-admission": ("ghcr.io/kedacore/keda-admission-webhooks", "keda-admission-webhooks"),
}
# More calls to the API server than by default. Not more ScaledObjects at once, too: with 20 KEDA's status patches take
# both CPUs of a small machine from everything else.
OPERATOR_ARGS = ("--kube-api-qps=200", "--kube-api-burst=300")
REQUESTS = {"cpu": "10m", "memory": "32Mi"}


def build_kustomization(tag: str, base: str) -> dict[str, Any]:
    """KEDA's default configuration with our images, small requests and probes that begin at once."""
    patches = [*(build_patch(name) for name in DEPLOYMENTS), build_operator_patch()]
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [base],
        "images": [
            {"name": name, "newName": f"localhost/inferops-dev/{program}", "newTag": tag}
            for name, program in DEPLOYMENTS.values()
        ],
        "patches": patches,
    }


def build_patch(deployment: str) -> dict[str, Any]:
    """What changes in each of the three Deployments; JSON patch, RFC 6902."""
    container = "/spec/template/spec/containers/0"
    operations = [
        {"op": "replace", "path": f"{container}/imagePullPolicy", "value": "IfNotPresent"},
        {"op": "replace", "path": f"{container}/resources/requests", "value": REQUESTS},
        {"op": "replace", "path": f"{container}/readinessProbe/initialDelaySeconds", "value": 0},
        {"op": "add", "path": f"{container}/readinessProbe/periodSeconds", "value": 1},
    ]
    return {"target": {"kind": "Deployment", "name": deployment}, "patch": json.dumps(operations)}


def build_operator_patch() -> dict[str, Any]:
    """The operator's flags for many ScaledObjects; JSON patch, RFC 6902."""
    args = "/spec/template/spec/containers/0/args/-"
    operations = [{"op": "add", "path": args, "value": flag} for flag in OPERATOR_ARGS]
    return {"target": {"kind": "Deployment", "name": "keda-operator"}, "patch": json.dumps(operations)}


def render_manifests(layout: Layout, programs: Path) -> Path:
    """The manifests as one YAML file in the cache, rendered once by `kubectl kustomize` from the Go module's files."""
    kustomization = json.dumps(build_kustomization(read_key("keda"), "module/config/default"))
    rendered = layout.cache / "manifests" / f"keda-{hashlib.sha256(kustomization.encode()).hexdigest()[:12]}.yaml"
    if not rendered.exists():
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "module").symlink_to(read_module_folder())
            Path(folder, "kustomization.yaml").write_text(kustomization)
            command = [str(programs / "kubectl"), "kustomize", folder]
            text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        rendered.parent.mkdir(parents=True, exist_ok=True)
        partial = rendered.with_suffix(".partial")
        partial.write_text(text)
        partial.rename(rendered)
    return rendered


def read_module_folder() -> Path:
    """Where Go keeps KEDA's files, manifests included."""
    source = find_tool("keda").source
    command = ["go", "mod", "download", "-json", MODULE]
    return Path(json.loads(subprocess.run(command, cwd=source, check=True, capture_output=True).stdout)["Dir"])


def load_images(layout: Layout, programs: Path) -> None:
    """Import the three images."""
    for _, program in DEPLOYMENTS.values():
        reference = f"localhost/inferops-dev/{program}:{read_key('keda')}"
        load_program(layout, reference, (programs / program).resolve())

"""CustomResourceDefinitions in an API server: applied, and waited for until they are served."""

import json
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

from dev.cluster.keda import read_module_folder
from inferops.names import Manifest
from tests.support.apiserver import ApiServer

REPOSITORY = Path(__file__).resolve().parents[2]
CRD_PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
GATEWAY_API = "sigs.k8s.io/gateway-api@v1.4.1"
SCALEDOBJECTS = "config/crd/bases/keda.sh_scaledobjects.yaml"


def read_crds() -> list[Manifest]:
    """What users apply: the files of crds/."""
    return [yaml.load(path.read_text(), yaml.CSafeLoader) for path in sorted((REPOSITORY / "crds").glob("*.yaml"))]


def install_crds(server: ApiServer) -> None:
    """Apply all of crds/ and wait until each is served."""
    names = [apply_crd(server, crd)["metadata"]["name"] for crd in read_crds()]
    for name in names:
        wait_established(server, name)


def install_scaledobjects(server: ApiServer) -> None:
    """KEDA's ScaledObject, from the very module that the local cluster's KEDA is built of."""
    crd = yaml.safe_load((read_module_folder() / SCALEDOBJECTS).read_text())
    apply_crd(server, crd)
    wait_established(server, crd["metadata"]["name"])


def install_gateway_api(server: ApiServer) -> None:
    """What of the Gateway API matters here."""
    for path in find_gateway_api():
        crd = yaml.safe_load(path.read_text())
        apply_crd(server, crd)
        wait_established(server, crd["metadata"]["name"])


def find_gateway_api() -> list[Path]:
    """Definitions of the Gateway API's standard channel, in its Go module."""
    command = ["go", "mod", "download", "-json", GATEWAY_API]
    answer = subprocess.run(command, cwd=tempfile.gettempdir(), check=True, capture_output=True)
    folder = Path(json.loads(answer.stdout)["Dir"], "config/crd/standard")
    return [folder / f"gateway.networking.k8s.io_{kind}.yaml" for kind in ("gateways", "httproutes", "referencegrants")]


def apply_crd(server: ApiServer, crd: Manifest) -> Manifest:
    """Server-side apply, once one that is being deleted is gone; AssertionError with the API server's reason."""
    wait_deleted(server, crd["metadata"]["name"])
    answer = server.http.patch(
        f"{CRD_PATH}/{crd['metadata']['name']}",
        params={"fieldManager": "test", "force": "true", "fieldValidation": "Strict"},
        headers={"Content-Type": "application/apply-patch+yaml"},
        content=yaml.safe_dump(crd),
    )
    result: dict[str, Any] = answer.json()
    assert answer.is_success, result["message"]
    return result


def wait_deleted(server: ApiServer, name: str, timeout: float = 120.0) -> None:
    """Until nobody deletes it any more: what is applied to it meanwhile would go too."""
    deadline = time.monotonic() + timeout
    while "deletionTimestamp" in server.http.get(f"{CRD_PATH}/{name}").json()["metadata"]:
        assert time.monotonic() < deadline, f"{name} is still being deleted after {timeout} s"
        time.sleep(0.1)


def wait_established(server: ApiServer, name: str, timeout: float = 20.0) -> None:
    """Until the API server serves the kind."""
    deadline = time.monotonic() + timeout
    while True:
        status = server.http.get(f"{CRD_PATH}/{name}").json().get("status", {})
        if any(each["type"] == "Established" and each["status"] == "True" for each in status.get("conditions") or []):
            return
        assert time.monotonic() < deadline, f"{name} is not served after {timeout} s: {status}"
        time.sleep(0.05)

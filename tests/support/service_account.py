"""A process's own rights: a kubeconfig of a service account, with the roles that the chart gives it."""

import json
from collections.abc import Sequence
from pathlib import Path

import yaml

from tests.apiserver.test_chart import NAMESPACE, render_chart
from tests.support.apiserver import ApiServer

ACCESS = {"ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"}


def write_service_account(own: ApiServer, name: str, folder: Path, values: Sequence[str] = ()) -> Path:
    """Install the chart's roles and return a kubeconfig that is the service account `name`."""
    manifests = [manifest for manifest in render_chart(values) if manifest["kind"] in ACCESS]
    applied = own.run_kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(manifests))
    assert not applied.returncode, applied.stderr
    path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{name}/token"
    answer = own.http.post(path, json={"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}})
    config = json.loads(own.kubeconfig.read_text())
    config["users"][0]["user"] = {"token": answer.raise_for_status().json()["status"]["token"]}
    file = folder / "service-account"
    file.write_text(json.dumps(config))
    return file

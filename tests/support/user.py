"""Somebody who uses one namespace and may see nothing outside of it."""

import json
from pathlib import Path

from tests.support.apiserver import ApiServer

USER_RULES = [
    {"apiGroups": ["inferops.dev"], "resources": ["inferenceinstances", "apikeys", "registries"], "verbs": ["*"]},
    {"apiGroups": [""], "resources": ["pods", "services"], "verbs": ["get", "list"]},
]
"""Of a user who may do nothing outside of the namespace, and little in it."""


def write_user(own: ApiServer, namespace: str, folder: Path) -> Path:
    """A kubeconfig of somebody who uses the namespace."""
    rbac = "rbac.authorization.k8s.io"
    root = f"/apis/{rbac}/v1/namespaces/{namespace}"
    own.http.post(f"{root}/roles", json={"metadata": {"name": "user"}, "rules": USER_RULES}).raise_for_status()
    binding = {
        "metadata": {"name": "user"},
        "roleRef": {"apiGroup": rbac, "kind": "Role", "name": "user"},
        "subjects": [{"kind": "ServiceAccount", "name": "user", "namespace": namespace}],
    }
    own.http.post(f"{root}/rolebindings", json=binding).raise_for_status()
    accounts = f"/api/v1/namespaces/{namespace}/serviceaccounts"
    own.http.post(accounts, json={"metadata": {"name": "user"}}).raise_for_status()
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    token = own.http.post(f"{accounts}/user/token", json=request).raise_for_status().json()["status"]["token"]
    config = json.loads(own.kubeconfig.read_text())
    config["users"][0]["user"] = {"token": token}
    (file := folder / "user").write_text(json.dumps(config))
    return file

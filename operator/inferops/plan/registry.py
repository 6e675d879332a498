"""The pull Secret of a Registry."""

import base64
import json

from inferops.names import MANAGED_BY, Manifest, hash8
from inferops.plan.images import parse_image
from inferops.plan.labels import owned_metadata
from inferops.specs.registry import RegistrySpec

DOCKER_CONFIG_KEY = ".dockerconfigjson"
DOCKER_CONFIG_TYPE = "kubernetes.io/dockerconfigjson"
LONGEST_NAME = 253 - len("-pull")


def pull_secret_name(name: str, spec: RegistrySpec) -> str | None:
    """Secret that pods pull with: the user's own, the one that we make, or none for an open registry."""
    if spec.docker_config_secret_ref:
        return spec.docker_config_secret_ref.name
    if spec.password_secret_ref is None:
        return None
    return f"{name}-pull" if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 9]}-{hash8(name)}-pull"


def plan_registry(obj: Manifest, spec: RegistrySpec, password: str | None) -> list[Manifest]:
    """The dockerconfigjson Secret of a Registry; nothing where it has no password or the Secret is the user's."""
    name = pull_secret_name(obj["metadata"]["name"], spec)
    if name is None or spec.docker_config_secret_ref or password is None or spec.username is None:
        return []
    labels = MANAGED_BY | {"app.kubernetes.io/name": "inferops-registry"}
    config = docker_config(parse_image(spec.url).auth_key, spec.username, password)
    return [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": owned_metadata("Registry", obj, name, labels),
            "type": DOCKER_CONFIG_TYPE,
            "data": {DOCKER_CONFIG_KEY: base64.b64encode(config.encode()).decode()},
        }
    ]


def docker_config(host: str, username: str, password: str) -> str:
    """A Docker client configuration with one login."""
    auth = base64.b64encode(f"{username}:{password}".encode()).decode()
    login = {"username": username, "password": password, "auth": auth}
    return json.dumps({"auths": {host: login}}, sort_keys=True)


def read_login(config: str, host: str) -> tuple[str, str] | None:
    """User name and password for a host from a Docker client configuration; None where it has none for it."""
    auths = (json.loads(config) or {}).get("auths") or {}
    for key, login in auths.items():
        if parse_image(str(key).removeprefix("https://").removeprefix("http://").split("/")[0]).host != host:
            continue
        if login.get("username") and login.get("password"):
            return login["username"], login["password"]
        username, colon, password = base64.b64decode(login.get("auth", "")).decode().partition(":")
        return (username, password) if colon else None
    return None

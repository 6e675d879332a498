"""The pull Secret of a Registry."""

import base64

from inferops.names import MANAGED_BY, Manifest, hash8
from inferops.plan.docker_config import Login, docker_config
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


def plan_registry(obj: Manifest, spec: RegistrySpec, login: Login | None) -> list[Manifest]:
    """The dockerconfigjson Secret of a Registry; nothing where it has no password or the Secret is the user's."""
    name = pull_secret_name(obj["metadata"]["name"], spec)
    if name is None or spec.docker_config_secret_ref or login is None:
        return []
    labels = MANAGED_BY | {"app.kubernetes.io/name": "inferops-registry"}
    config = docker_config(parse_image(spec.url).auth_key, login)
    return [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": owned_metadata("Registry", obj, name, labels),
            "type": DOCKER_CONFIG_TYPE,
            "data": {DOCKER_CONFIG_KEY: base64.b64encode(config.encode()).decode()},
        }
    ]

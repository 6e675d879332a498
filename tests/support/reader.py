"""Objects of a cluster by HTTP: tests that wait ask often, and each kubectl takes a third of a second of CPU."""

import functools
from pathlib import Path

import httpx
from kubernetes.client import Configuration
from kubernetes.config import load_kube_config

from inferops.cluster.connection import Connection
from inferops.cluster.resources import RESOURCES, Resource
from inferops.names import Manifest

SHORT = {"inf": "InferenceInstance", "deploy": "Deployment", "pvc": "PersistentVolumeClaim"}
"""The short names of kubectl that tests use."""


class Reader:
    """Asks as whoever the kubeconfig's current context names. Errors of the API server are httpx.HTTPStatusError."""

    def __init__(self, kubeconfig: Path) -> None:
        configuration = Configuration()
        load_kube_config(config_file=str(kubeconfig), client_configuration=configuration)
        self._connection = Connection(configuration.host.rstrip("/"), configuration)
        self._http = httpx.Client(
            base_url=self._connection.server, verify=self._connection.tls(), auth=self._authorize, timeout=30
        )

    def read(self, kind: str, namespace: str, name: str) -> Manifest:
        """One object; empty where there is none."""
        answer = self._http.get(find_resource(kind).path(namespace, name))
        return {} if answer.status_code == httpx.codes.NOT_FOUND else dict(answer.raise_for_status().json())

    def read_all(self, kind: str, namespace: str = "", selector: str = "") -> list[Manifest]:
        """All of a namespace, or of all of them, that have the labels."""
        answer = self._http.get(find_resource(kind).path(namespace), params={"labelSelector": selector})
        return list(answer.raise_for_status().json()["items"])

    def _authorize(self, request: httpx.Request) -> httpx.Request:
        if authorization := self._connection.authorization():
            request.headers["authorization"] = authorization
        return request


@functools.cache
def connect(kubeconfig: Path) -> Reader:
    """One for all tests of a process."""
    return Reader(kubeconfig)


@functools.cache
def find_resource(kind: str) -> Resource:
    """By any of the names that kubectl knows it by. Raises KeyError."""
    names = {
        name: resource
        for resource in RESOURCES.values()
        for name in (resource.kind, resource.kind.lower(), resource.plural, group_name(resource))
    }
    return names[SHORT.get(kind, kind)]


def group_name(resource: Resource) -> str:
    """As `registries.inferops.dev`."""
    return f"{resource.plural}.{resource.api_version.partition('/')[0]}"

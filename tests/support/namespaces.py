"""Namespaces of tests on an API server that has no controllers: nothing there empties one, and whatever is in it would
be read by all tests that come after.
"""

from tests.support.apiserver import ApiServer

KINDS = ("inferenceinstances", "apikeys", "registries")
HASHES = {"labelSelector": "inferops.dev/key-hash=true"}


def create_namespace(server: ApiServer, name: str) -> None:
    """A fresh one."""
    server.http.post("/api/v1/namespaces", json={"metadata": {"name": name}}).raise_for_status()


def clear_namespace(server: ApiServer, name: str) -> None:
    """What our processes read of it goes; its children stay, which nobody looks at."""
    for kind in KINDS:
        server.http.delete(f"/apis/inferops.dev/v1alpha1/namespaces/{name}/{kind}").raise_for_status()
    server.http.delete(f"/api/v1/namespaces/{name}/secrets", params=HASHES).raise_for_status()

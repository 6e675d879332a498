"""Fixtures of the tests that write to an API server of our own."""

import secrets

import pytest

from inferops.cluster.connection import Connection, read_connection
from tests.support.apiserver import ApiServer


@pytest.fixture
def namespace(own: ApiServer) -> str:
    """A fresh namespace. It stays: nothing here deletes what is in one."""
    name = f"test-{secrets.token_hex(4)}"
    own.http.post("/api/v1/namespaces", json={"metadata": {"name": name}}).raise_for_status()
    return name


@pytest.fixture
def connection(own: ApiServer, monkeypatch: pytest.MonkeyPatch) -> Connection:
    """A connection of its own, which a test may bend."""
    monkeypatch.setenv("KUBECONFIG", str(own.kubeconfig))
    return read_connection(own.context)

"""Reading who and where we are."""

import ssl
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from inferops.cluster.connection import read_connection
from inferops.errors import SettingsError
from inferops.handlers.shell import build_login
from inferops.names import Manifest


def write_kubeconfig(path: Path, user: Manifest, **cluster: object) -> None:
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "first",
        "clusters": [{"name": "c", "cluster": {"server": "https://192.0.2.1:6443/", **cluster}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": name, "context": {"cluster": "c", "user": "u"}} for name in ("first", "second")],
    }
    path.write_text(yaml.safe_dump(config))


@pytest.fixture
def kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "kubeconfig"
    monkeypatch.setenv("KUBECONFIG", str(path))
    return path


def test_a_token_of_the_kubeconfig_is_used_by_us_and_by_kopf(kubeconfig: Path) -> None:
    write_kubeconfig(kubeconfig, {"token": "secret"})
    connection = read_connection("second")
    assert (connection.server, connection.authorization()) == ("https://192.0.2.1:6443", "Bearer secret")
    login = build_login(connection)
    assert (login.server, login.as_http_headers()) == (connection.server, {"Authorization": "Bearer secret"})


def test_without_a_token_no_authorization_is_sent(kubeconfig: Path) -> None:
    write_kubeconfig(kubeconfig, {})
    connection = read_connection()
    assert connection.authorization() == ""
    assert build_login(connection).as_http_headers() == {}


def test_an_insecure_cluster_is_not_verified_and_any_other_is(kubeconfig: Path) -> None:
    write_kubeconfig(kubeconfig, {})
    assert read_connection().tls().verify_mode == ssl.CERT_REQUIRED
    write_kubeconfig(kubeconfig, {}, **{"insecure-skip-tls-verify": True})
    assert read_connection().tls().verify_mode == ssl.CERT_NONE


def test_a_proxy_of_the_kubeconfig_is_used(kubeconfig: Path) -> None:
    write_kubeconfig(kubeconfig, {}, **{"proxy-url": "http://proxy.example:3128"})
    assert read_connection().proxy == "http://proxy.example:3128"


def test_without_any_cluster_the_error_says_what_to_set(kubeconfig: Path) -> None:
    with pytest.raises(SettingsError, match="Set KUBECONFIG, or run in a pod"):
        read_connection()
    assert not kubeconfig.exists()


def test_a_pod_uses_its_service_account_and_follows_its_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token, certificate = tmp_path / "token", tmp_path / "ca.crt"
    token.write_text("first")
    certificate.write_text("certificate")
    loader = "kubernetes.config.incluster_config"
    monkeypatch.setattr(f"{loader}.SERVICE_TOKEN_FILENAME", str(token))
    monkeypatch.setattr(f"{loader}.SERVICE_CERT_FILENAME", str(certificate))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "192.0.2.9")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    monkeypatch.delenv("KUBECONFIG", raising=False)
    connection = read_connection()
    assert (connection.server, connection.authorization().lower()) == ("https://192.0.2.9:443", "bearer first")
    token.write_text("second")
    later = datetime.now() + timedelta(minutes=2)  # noqa: DTZ005 - as the library has it
    clock = SimpleNamespace(now=lambda: later)
    monkeypatch.setattr(f"{loader}.datetime", SimpleNamespace(datetime=clock, timedelta=timedelta))
    assert connection.authorization().lower() == "bearer second"

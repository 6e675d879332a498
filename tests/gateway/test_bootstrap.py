"""What the pod's first container writes, as Envoy judges it."""

import socket
import subprocess
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from inferops.cli.gateway import FILE, gateway_bootstrap
from inferops.errors import SettingsError
from inferops.settings import SETTINGS_VARIABLE, parse_settings
from tests.gateway.certificates import Authority, mount
from tests.gateway.gateway import SEARCH_PATH, find_module

CASES = {
    "nothing": {},
    "everything": {
        "tls": [{"secretName": "all"}, {"secretName": "own", "hosts": ["*.Example.com", "chat.example.org"]}],
        "trustedProxies": 2,
        "proxyProtocol": True,
        "api": {"host": "inferops-api"},
    },
    "a certificate for some hosts only": {"tls": [{"secretName": "own", "hosts": ["a.example.com"]}]},
}


def write_bootstrap(folder: Path, gateway: object) -> Path:
    """By the command, with these settings."""
    (folder / "settings.yaml").write_text(yaml.safe_dump({"gateway": gateway}))
    arguments = ["--output", str(folder / "envoy.yaml"), "--certificates", str(folder / "tls"), "--node", "gateway-1"]
    environment = {SETTINGS_VARIABLE: str(folder / "settings.yaml"), "INFEROPS_MODULE": f"{find_module()}/{FILE}"}
    CliRunner().invoke(gateway_bootstrap, arguments, env=environment, catch_exceptions=False)
    return folder / "envoy.yaml"


@pytest.mark.parametrize("case", CASES)
def test_envoy_takes_what_follows_from_the_settings(tmp_path: Path, envoy_binary: str, case: str) -> None:
    for name in ("all", "own"):
        mount(tmp_path / "tls" / name, Authority().issue("a.example.com") if name == "all" else {})
    command = [envoy_binary, "--mode", "validate", "-c", str(write_bootstrap(tmp_path, CASES[case]))]
    result = subprocess.run(command, capture_output=True, text=True, check=False, env={SEARCH_PATH: str(tmp_path)})
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    ("module", "said"), [([], "is not given"), (["--module", "/nowhere/x.so"], "/nowhere/x.so: No")]
)
def test_without_the_module_the_command_says_where_it_is(tmp_path: Path, module: list[str], said: str) -> None:
    result = CliRunner().invoke(gateway_bootstrap, ["--output", str(tmp_path / "envoy.yaml"), *module])
    assert result.exit_code == 1
    assert said in result.stderr
    assert "cargo build --release" in result.stderr
    assert not (tmp_path / "envoy.yaml").exists()


def test_a_node_without_ipv6_is_listened_on_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for there, address in ((True, "::"), (False, "0.0.0.0")):
        monkeypatch.setattr(socket, "has_dualstack_ipv6", lambda there=there: there)
        listeners = yaml.safe_load(write_bootstrap(tmp_path, {}).read_text())["static_resources"]["listeners"]
        addresses = {each["address"]["socket_address"]["address"] for each in listeners if "address" in each}
        assert addresses == {address}


REFUSED = {
    "two for everybody": ([{"secretName": "a"}, {"secretName": "b"}], "two certificates have no hosts"),
    "two for one host": (
        [{"secretName": "a", "hosts": ["A.b"]}, {"secretName": "b", "hosts": ["a.b"]}],
        '"a.b" is a host of two certificates',
    ),
    "one twice": ([{"secretName": "a", "hosts": ["a"]}, {"secretName": "a"}], "a Secret is named twice"),
    "no host name": ([{"secretName": "a", "hosts": ["*"]}], "gateway.tls.0.hosts.0"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_certificates_that_envoy_would_not_start_with_are_refused_before(case: str) -> None:
    tls, said = REFUSED[case]
    with pytest.raises(SettingsError, match=said):
        parse_settings(yaml.safe_dump({"gateway": {"tls": tls}}), "settings.yaml")

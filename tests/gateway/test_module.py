"""How the module meets an Envoy: what it needs of it, and what is said where that is missing."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from inferops.cli.gateway import FILE
from tests.gateway.gateway import SEARCH_PATH, Gateway, find_module

GLIBC = (2, 35)
"""Of Ubuntu 22.04, on which envoyproxy/envoy is made; its distroless image has a newer one."""
CALLED = b"envoy_dynamic_module_callback_http_clear_route_cache"


def read_elf(option: str) -> str:
    return subprocess.run(
        ["objdump", option, f"{find_module()}/{FILE}"], check=True, capture_output=True, text=True
    ).stdout


def test_the_module_needs_nothing_that_images_of_envoy_lack() -> None:
    libraries = set(re.findall(r"NEEDED +(\S+)", read_elf("-p")))
    assert libraries <= {"libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}
    versions = {tuple(map(int, each.split("."))) for each in re.findall(r"GLIBC_([\d.]+)", read_elf("-T"))}
    assert max(versions) <= GLIBC


@pytest.fixture
def said(idle_gateway: Gateway, envoy_binary: str, tmp_path: Path) -> Callable[[], str]:
    """What Envoy says, and does not start, with the module of this folder."""

    def start() -> str:
        config = tmp_path / "envoy.yaml"
        config.write_text(idle_gateway.bootstrap())
        command = [envoy_binary, "--mode", "validate", "-c", str(config), "--log-level", "warning"]
        environment = {SEARCH_PATH: str(tmp_path)}
        result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        assert result.returncode == 1
        return result.stderr

    return start


def test_without_the_module_envoy_says_where_it_looked(said: Callable[[], str], tmp_path: Path) -> None:
    assert f"{FILE} not found in any search path: {tmp_path}" in said()


def test_an_envoy_that_lacks_what_the_module_calls_says_what(said: Callable[[], str], tmp_path: Path) -> None:
    missing = CALLED[:-1] + b"X"
    (tmp_path / FILE).write_bytes((Path(find_module()) / FILE).read_bytes().replace(CALLED, missing))
    assert f"undefined symbol: {missing.decode()}" in said()

"""How control opens a Prometheus that is not open to all: with what a Secret's folder holds, as it changes."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from dev.cluster.gpu_exporter import render
from inferops.control.readings import Readings
from inferops.settings import PrometheusSettings
from tests.gateway.certificates import Authority
from tests.gateway.nginx import nginx
from tests.gateway.prometheus import Exporter, Prometheus
from tests.gateway.test_readings import BUSY, OWN, PODS, problem_of, reading, trigger
from tests.support.eventually import eventually
from tests.support.ports import find_free_ports

TOKEN_WANTED = """
server {{
    listen 8080;
    if ($http_authorization != "Bearer {token}") {{ return 401; }}
    location / {{ proxy_pass {url}; }}
}}
"""


@pytest.fixture(autouse=True)
def no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inferops.control.prometheus.CACHE_SECONDS", 0)


@pytest.fixture(autouse=True)
def all_logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


@asynccontextmanager
async def prometheus(folder: Path) -> AsyncIterator[Prometheus]:
    """Open to all, with GPUs that are busy."""
    async with Exporter(render(PODS, BUSY)).run() as exporter:
        made = Prometheus(folder, exporter, OWN)
        async with made.run():
            yield made


async def sees_gpus(asked: Readings) -> bool:
    return await asked.read(trigger("gpuUtilization")) == pytest.approx(80)


async def misses_gpus(asked: Readings) -> str:
    """The problem that the status will tell."""
    assert await asked.read(trigger("gpuUtilization")) is None
    return problem_of(asked)


def leaks(caplog: pytest.LogCaptureFixture, *secrets: str) -> list[str]:
    """Records that show a secret, in text or fields."""
    return [str(vars(each)) for each in caplog.records if any(secret in str(vars(each)) for secret in secrets)]


async def test_a_user_and_a_password_open_it_over_tls(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    authority, secret = Authority(), tmp_path / "secret"
    secret.mkdir()
    async with Exporter(render(PODS, BUSY)).run() as exporter:
        server = Prometheus(tmp_path, exporter, OWN)
        server.guard("ops", "tell-nobody", authority.issue("localhost"))
        settings = PrometheusSettings(url=f"https://localhost:{server.port}", credentials=str(secret))
        async with server.run(), reading(settings) as asked:
            assert "does not answer" in await misses_gpus(asked), "its certificate is nobody's"
            (secret / "ca.crt").write_bytes(authority.pem)
            (secret / "username").write_text("ops\n")
            (secret / "password").write_text("tell-everybody")
            assert "answers 401; correct the Secret" in await misses_gpus(asked)
            (secret / "password").write_text("tell-nobody\n")
            await eventually(lambda: sees_gpus(asked))
    assert not leaks(caplog, "tell-")


async def test_a_token_opens_it_and_the_next_one_is_picked_up(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    secret, (port,) = tmp_path / "secret", find_free_ports(1)
    secret.mkdir()
    settings = PrometheusSettings(url=f"http://127.0.0.1:{port}", credentials=str(secret))
    async with prometheus(tmp_path) as server, reading(settings) as asked:
        assert "answers 401" not in await misses_gpus(asked)
        for token in ("tell-nobody-1", "tell-nobody-2"):
            async with nginx(tmp_path, port, 0, TOKEN_WANTED.format(token=token, url=server.url)):
                problem = await misses_gpus(asked)
                assert problem.endswith("401; correct the Secret that settings.prometheus.secretName names.")
                (secret / "token").write_text(f"{token}\n")
                await eventually(lambda: sees_gpus(asked))
                assert not problem_of(asked)
    assert not leaks(caplog, "tell-")


@pytest.mark.parametrize("token", [b"tell\nnobody", b"tell nobody\xe9", "tell-nobody\u2026".encode()])
async def test_a_token_that_no_header_takes_is_told_and_not_shown(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, token: bytes
) -> None:
    (tmp_path / "token").write_bytes(token)
    settings = PrometheusSettings(url="http://127.0.0.1:9", credentials=str(tmp_path))
    async with reading(settings) as asked:
        problem = await misses_gpus(asked)
    assert "`token` of the Secret that settings.prometheus.secretName names" in problem
    assert "tell" not in problem
    assert not leaks(caplog, "tell")


async def test_an_authority_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
    settings = PrometheusSettings(url="https://127.0.0.1:9", credentials=str(tmp_path))
    async with reading(settings) as asked:
        assert "`ca.crt` of the Secret that settings.prometheus.secretName names" in await misses_gpus(asked)

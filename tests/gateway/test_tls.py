"""TLS at the gateway itself: certificates that come, change, break and go."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from inferops.cli.certificates import find_faults
from inferops.settings import CertificateSettings
from tests.gateway.certificates import Authority, mount, serve_tls
from tests.gateway.gateway import CHAT, SHARED, Gateway, host_of
from tests.gateway.objects import ALICE, DOMAIN
from tests.support.eventually import eventually

WARM, OWN = host_of("warm"), "chat.example.com"
CERTIFICATES = (CertificateSettings(secret_name="all"), CertificateSettings(secret_name="own", hosts=[OWN]))


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """Both Secrets mounted and empty, as when they do not exist."""
    for each in CERTIFICATES:
        mount(tmp_path / "tls" / each.secret_name, {})
    return tmp_path / "tls"


@pytest_asyncio.fixture(loop_scope="session")
async def secure(idle_gateway: Gateway, secrets: Path) -> AsyncIterator[Gateway]:
    async with serve_tls(idle_gateway, secrets, *CERTIFICATES) as gateway:
        yield gateway


async def greet(gateway: Gateway, host: str, context: ssl.SSLContext) -> ssl.SSLObject | None:
    """What a handshake agreed on; None where it failed."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", gateway.secure_port, ssl=context, server_hostname=host)
    except (ssl.SSLError, ConnectionError):
        return None
    agreed: ssl.SSLObject = writer.get_extra_info("ssl_object")
    writer.transport.abort()
    return agreed


async def serial(gateway: Gateway, authority: Authority, host: str = SHARED) -> str | None:
    """Of the certificate that a host has; None where there is no TLS for it."""
    agreed = await greet(gateway, host, authority.trust())
    return str((agreed.getpeercert() or {})["serialNumber"]) if agreed else None


async def plain_works(gateway: Gateway) -> bool:
    async with gateway.client(WARM, ALICE) as client:
        return (await client.post(CHAT, json={})).status_code == 200


async def test_tls_speaks_http_2_and_1_by_version_1_2_and_later(
    secure: Gateway, secrets: Path, authority: Authority
) -> None:
    mount(secrets / "all", authority.issue(f"*.{DOMAIN}"))
    await eventually(lambda: serial(secure, authority))
    versions = (("TLSv1.3", ssl.TLSVersion.TLSv1_3), ("TLSv1.2", ssl.TLSVersion.TLSv1_2))
    for name, version in versions:
        for offered, chosen in ((["h2", "http/1.1"], "h2"), (["http/1.1"], "http/1.1")):
            context = authority.trust()
            context.maximum_version = version
            context.set_alpn_protocols(offered)
            agreed = await greet(secure, SHARED, context)
            assert agreed is not None
            assert (agreed.version(), agreed.selected_alpn_protocol()) == (name, chosen)
    old = authority.trust()
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    assert await greet(secure, SHARED, old) is None


async def test_a_new_certificate_is_served_within_a_second_and_an_open_stream_goes_on(
    secure: Gateway, secrets: Path, authority: Authority
) -> None:
    mount(secrets / "all", authority.issue(f"*.{DOMAIN}"))
    before = await eventually(lambda: serial(secure, authority))
    url, headers = f"https://127.0.0.1:{secure.secure_port}{CHAT}", {"host": WARM, "x-api-key": ALICE}
    body, name = {"stream": True, "chunks": 15, "pause": 0.1}, {"sni_hostname": WARM}
    async with (
        httpx.AsyncClient(verify=authority.trust(), headers=headers) as client,
        client.stream("POST", url, json=body, extensions=name) as stream,
    ):
        lines = stream.aiter_lines()
        await anext(lines)
        mount(secrets / "all", authority.issue(f"*.{DOMAIN}"))

        async def renewed() -> bool:
            return await serial(secure, authority) not in (before, None)

        await eventually(renewed, within=1)
        assert [line async for line in lines][-2] == "data: [DONE]"


async def test_a_secret_that_comes_late_stops_nothing_and_needs_no_restart(
    secure: Gateway, secrets: Path, authority: Authority
) -> None:
    assert await plain_works(secure)
    assert await serial(secure, authority) is None
    mount(secrets / "all", authority.issue(f"*.{DOMAIN}"))
    await eventually(lambda: serial(secure, authority), within=2)


async def test_a_broken_certificate_leaves_the_one_before_in_place(
    secure: Gateway, secrets: Path, authority: Authority
) -> None:
    mount(secrets / "all", authority.issue(f"*.{DOMAIN}"))
    before = await eventually(lambda: serial(secure, authority))
    for broken in ({"tls.crt": b"junk", "tls.key": b"junk"}, {}, authority.issue("a") | {"tls.key": b""}):
        mount(secrets / "all", broken)
        await asyncio.sleep(0.3)
        assert await serial(secure, authority) == before
    assert await plain_works(secure)
    mount(secrets / "all", authority.issue(f"*.{DOMAIN}"))

    async def renewed() -> bool:
        return await serial(secure, authority) not in (before, None)

    await eventually(renewed, within=2)


async def test_a_host_may_have_a_certificate_of_its_own_whose_faults_are_its_own(
    secure: Gateway, secrets: Path, authority: Authority
) -> None:
    mount(secrets / "all", authority.issue(f"*.{DOMAIN}"))
    await eventually(lambda: serial(secure, authority))
    assert await serial(secure, authority, OWN) is None
    mount(secrets / "own", authority.issue(OWN))
    own = await eventually(lambda: serial(secure, authority, OWN))
    assert own != await serial(secure, authority)


def metric(text: str, name: str, **labels: str) -> float:
    """The value of one sample in Prometheus' text format; 0 where it is missing."""
    wanted = [f'{key}="{value}"' for key, value in labels.items()]
    lines = [line for line in text.splitlines() if line.startswith(name) and all(each in line for each in wanted)]
    return float(lines[0].rpartition(" ")[2]) if lines else 0


async def test_metrics_tell_when_certificates_end_and_which_are_not_served(
    secure: Gateway, secrets: Path, authority: Authority
) -> None:
    mount(secrets / "all", authority.issue(f"*.{DOMAIN}"))
    await eventually(lambda: serial(secure, authority))
    await serial(secure, authority, OWN)
    mount(secrets / "all", {"tls.crt": b"junk", "tls.key": b"junk"})

    async def told() -> bool:
        async with secure.client(WARM) as client:
            text = (await client.get(f"http://127.0.0.1:{secure.health_port}/stats/prometheus")).text
        ends = metric(text, "envoy_listener_ssl_certificate_expiration_unix_time_seconds", envoy_tls_certificate="all")
        failed = metric(text, "envoy_sds_key_rotation_failed", envoy_xds_resource_name="all")
        missing = metric(text, "envoy_listener_server_ssl_socket_factory_downstream_context_secrets_not_ready")
        return time.time() < ends < time.time() + 86400 and failed > 0 and missing > 0

    await eventually(told, within=3)


def test_where_the_pod_starts_it_is_said_what_is_wrong_with_a_certificate(tmp_path: Path, authority: Authority) -> None:
    good = authority.issue(OWN)
    cases = {
        "none": ({}, "there is no tls.crt"),
        "half": ({"tls.crt": good["tls.crt"]}, "there is no tls.key"),
        "junk": ({"tls.crt": b"junk", "tls.key": b"junk"}, "must be PEM"),
        "mixed": (good | {"tls.key": authority.issue(OWN)["tls.key"]}, "does not belong"),
        "ended": (authority.issue(OWN, days=-1), "clients refuse it"),
        "good": (good, ""),
    }
    for name, (files, said) in cases.items():
        mount(tmp_path / name, files)
        faults = find_faults([CertificateSettings(secret_name=name)], tmp_path, datetime.now(UTC))
        assert len(faults) == bool(said), name
        assert not said or (said in faults[0] and name in faults[0])

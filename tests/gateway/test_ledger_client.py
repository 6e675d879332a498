"""Who asks the ledger: mutual TLS with certificates that change, and what each answer means."""

import base64
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web

from inferops.errors import LedgerRefused, LedgerUnavailable
from inferops.handlers.peers import SECRETS, SETTLING, plan_peers
from inferops.metering.ledger_client import LedgerClient, Stored
from inferops.names import GATEWAY, LEDGER
from tests.gateway.shaky_ledger import ShakyLedger
from tests.support.ports import find_free_ports

LINE = b'{"id": "1"}\n'
Folders = dict[str, Path]


def mount(folder: Path) -> Folders:
    """New certificates for all, as their pods have them."""
    folder.mkdir(exist_ok=True)
    plans = plan_peers({who: {} for who in SECRETS}, "test", datetime.now(UTC), SETTLING)
    for who, data in plans.items():
        (folder / who).mkdir(exist_ok=True)
        for name, content in data.items():
            (folder / who / name).write_bytes(base64.b64decode(content))
    return {who: folder / who for who in plans}


def serve_as(folder: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    context.load_verify_locations(folder / "ca.crt")
    return context


async def test_certificates_that_are_renewed_hold_without_a_restart(tmp_path: Path) -> None:
    ledger, folders = ShakyLedger(), mount(tmp_path)
    (port,) = find_free_ports(1)
    async with LedgerClient(f"https://127.0.0.1:{port}", folders[GATEWAY]) as client:
        async with ledger.serve(port, serve_as(folders[LEDGER])):
            assert await client.store(LINE, "gateway-1") == Stored(1, 0, 0)
        mount(tmp_path)
        async with ledger.serve(port, serve_as(folders[LEDGER])):
            assert await client.store(LINE, "gateway-1") == Stored(0, 1, 0)


async def test_a_stranger_gets_no_records(tmp_path: Path) -> None:
    ledger, ours, theirs = ShakyLedger(), mount(tmp_path / "ours"), mount(tmp_path / "theirs")
    async with (
        ledger.serve(tls=serve_as(theirs[LEDGER])),
        LedgerClient(ledger.url, ours[GATEWAY]) as client,
    ):
        with pytest.raises(LedgerUnavailable) as error:
            await client.store(LINE, "gateway-1")
    assert error.value.reason == "tls"
    assert not ledger.records


async def test_without_certificates_nothing_is_sent(tmp_path: Path) -> None:
    ledger = ShakyLedger()
    async with ledger.serve(), LedgerClient(ledger.url, tmp_path) as client:
        with pytest.raises(LedgerUnavailable):
            await client.store(LINE, "gateway-1")
    assert not ledger.asked


ANSWERS: dict[str, tuple[int, str, type[Exception], str]] = {
    "a refusal in its words": (400, '{"error": "by: unknown dimension"}', LedgerRefused, "^by: unknown dimension$"),
    "too much": (413, '{"error": "too many lines"}', LedgerRefused, "^too many lines$"),
    "another's refusal": (400, "<html>", LedgerUnavailable, "answers 400"),
    "no such page": (404, "", LedgerUnavailable, "answers 404"),
    "its database is away": (503, '{"error": "no database"}', LedgerUnavailable, "answers 503: no database"),
    "a proxy's": (502, '{"error": {"message": "x"}}', LedgerUnavailable, "answers 502"),
    "elsewhere": (302, "", LedgerUnavailable, "answers 302"),
    "no JSON": (200, "<html>", LedgerUnavailable, "no JSON object"),
    "a list": (200, "[]", LedgerUnavailable, "no JSON object"),
}


@pytest.mark.parametrize("case", ANSWERS)
async def test_answers_that_are_none_raise_one_of_two_errors(case: str) -> None:
    status, text, kind, words = ANSWERS[case]

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=text, headers={"location": "/v1/reports"} if status == 302 else None)

    app = web.Application()
    app.router.add_get("/v1/reports", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        async with LedgerClient(f"http://127.0.0.1:{runner.addresses[0][1]}/") as client:
            with pytest.raises(kind, match=words):
                await client.report({"by": "key"})
    finally:
        await runner.cleanup()

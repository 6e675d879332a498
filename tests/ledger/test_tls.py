"""Who may ask the ledger: those whose certificates it was given, and whoever has others gets no connection."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from inferops.errors import LedgerUnavailable
from inferops.handlers.certificate import Pair, build_pair
from inferops.metering.ledger_client import LedgerClient
from tests.support.apiserver import ApiServer
from tests.support.eventually import eventually
from tests.support.ledger_process import LedgerProcess
from tests.support.usage_lines import line, lines


def make_pair() -> Pair:
    return build_pair(["localhost"], datetime.now(UTC))


def mount(folder: Path, own: Pair, *trusted: Pair) -> Path:
    """As Kubernetes does: each file is replaced."""
    folder.mkdir(exist_ok=True)
    texts = {"tls.crt": own.certificate, "tls.key": own.key}
    texts |= dict.fromkeys(("ca.crt", "ledger.crt"), "".join(each.certificate for each in trusted))
    for name, text in texts.items():
        (folder / f".{name}").write_text(text)
        (folder / f".{name}").rename(folder / name)
    return folder


@pytest.fixture
def gateway() -> Pair:
    return make_pair()


@pytest.fixture
def ledger(own: ApiServer, tmp_path: Path, gateway: Pair) -> Iterator[LedgerProcess]:
    folder = mount(tmp_path / "ledger", first := make_pair(), gateway)
    mount(tmp_path / "gateway", gateway, first)
    database = {"path": str(tmp_path / "ledger.db")}
    process = LedgerProcess(tmp_path, own.kubeconfig, database, {"gateway": {"peerCertificates": str(folder)}})
    yield process
    process.terminate()


async def store(ledger: LedgerProcess, folder: Path, identity: str) -> int:
    url = ledger.url.replace("http://127.0.0.1", "https://localhost")
    async with LedgerClient(url, folder) as client:
        return (await client.store(lines(line(identity, time=datetime.now(UTC).isoformat())), "gateway-1")).stored


async def test_only_peers_may_deliver_and_a_new_certificate_holds_without_a_restart(
    ledger: LedgerProcess, tmp_path: Path, gateway: Pair
) -> None:
    await eventually(ledger.is_ready, within=60)
    assert await store(ledger, tmp_path / "gateway", "a") == 1
    stranger = mount(tmp_path / "stranger", make_pair(), Pair((tmp_path / "ledger/tls.crt").read_text(), ""))
    with pytest.raises(LedgerUnavailable):
        await store(ledger, stranger, "b")
    renewed, successor = make_pair(), make_pair()
    mount(tmp_path / "ledger", renewed, successor)
    mount(tmp_path / "successor", successor, renewed)

    async def is_renewed() -> bool:
        try:
            return await store(ledger, tmp_path / "successor", "c") == 1
        except LedgerUnavailable:
            return False

    await eventually(is_renewed, within=20, interval=0.5)
    mount(tmp_path / "gateway", gateway, renewed)
    with pytest.raises(LedgerUnavailable):
        await store(ledger, tmp_path / "gateway", "d")

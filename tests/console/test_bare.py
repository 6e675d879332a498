"""An installation that has nothing yet: no ledger, no catalog. Its REST API is a process of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from dev.console import PAGES, console_folder
from tests.console.browser import Tab
from tests.console.fleet import open_fleet
from tests.support.apiserver import ApiServer


@pytest.fixture
def bare(own: ApiServer, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tab]:
    """The console of such an installation, signed in."""
    monkeypatch.setenv("KUBECONFIG", str(own.kubeconfig))
    monkeypatch.setenv("INFEROPS_CONSOLE", str(console_folder() / PAGES))
    with open_fleet(own, browser, tmp_path, 0, {"ledger": {"enabled": False}}) as tab:
        yield tab


def test_what_is_not_there_is_said_with_what_to_do(bare: Tab) -> None:
    page = bare.page
    for route, sentences in {
        "usage": ("Usage is not kept in this installation", "settings.ledger.enabled"),
        "regions": ("There are no regions", "values of the chart"),
        "catalog": ("The catalog has no models", "values of the chart"),
        "catalog?tab=hardware": ("The catalog has no hardware", "values of the chart"),
        "registries": ("There are no registries yet", "Add registry"),
    }.items():
        bare.open(route)
        bare.settle()
        for sentence in sentences:
            expect(bare.main).to_contain_text(sentence)
    bare.open("keys")
    expect(page.get_by_role("row", name="manager")).to_contain_text("This tab works with it")

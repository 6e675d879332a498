"""A thousand instances in the list. How fast: `python -m bench.console`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from dev.console import PAGES, console_folder
from tests.console.browser import Tab
from tests.console.fleet import open_fleet, scroll_through
from tests.support.apiserver import ApiServer

pytestmark = pytest.mark.slow
COUNT = 1000
MOST_ROWS = 100
"""Drawn at once: what makes scrolling smooth, however many there are."""


@pytest.fixture
def crowd(own: ApiServer, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tab]:
    """The console of a REST API that knows a thousand instances, signed in."""
    monkeypatch.setenv("KUBECONFIG", str(own.kubeconfig))
    monkeypatch.setenv("INFEROPS_CONSOLE", str(console_folder() / PAGES))
    with open_fleet(own, browser, tmp_path, COUNT, {}) as tab:
        yield tab


def test_a_thousand_instances_are_listed_and_those_in_view_are_drawn(crowd: Tab) -> None:
    crowd.open("instances")
    expect(crowd.page.get_by_role("link", name="chat-00000")).to_be_visible()
    assert crowd.main.locator("tbody tr").count() <= MOST_ROWS
    scroll_through(crowd)
    expect(crowd.page.get_by_role("link", name=f"chat-{COUNT - 1:05}")).to_be_visible()
    assert crowd.main.locator("tbody tr").count() <= MOST_ROWS

"""A thousand instances in the list."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from dev.console import PAGES, console_folder
from tests.console.browser import Tab
from tests.console.fleet import open_fleet
from tests.support.apiserver import ApiServer
from tests.support.eventually import PATIENCE

pytestmark = pytest.mark.slow
COUNT = 1000
LAST = f"chat-{COUNT - 1:05}"
SCROLL = """async () => {
    let longest = 0;
    const note = (list) => { for (const {duration} of list.getEntries()) longest = Math.max(longest, duration); };
    new PerformanceObserver(note).observe({type: 'longtask'});
    const page = document.documentElement;
    while (scrollY + innerHeight < page.scrollHeight - 1) {
        scrollBy(0, innerHeight / 2);
        await new Promise(requestAnimationFrame);
    }
    await new Promise((done) => setTimeout(done, 100));
    return longest;
}"""
"""From the first row to the last, half a window a frame; the longest that the page stood still, in ms."""


@pytest.fixture
def crowd(own: ApiServer, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tab]:
    """The console of a REST API that knows a thousand instances, signed in."""
    monkeypatch.setenv("KUBECONFIG", str(own.kubeconfig))
    monkeypatch.setenv("INFEROPS_CONSOLE", str(console_folder() / PAGES))
    with open_fleet(own, browser, tmp_path, "fleet", COUNT, {}) as tab:
        yield tab


def test_a_thousand_instances_are_listed_within_a_second_and_scroll_smoothly(crowd: Tab) -> None:
    page = crowd.page
    crowd.open("instances")
    expect(page.get_by_role("link", name="chat-00000")).to_be_visible()
    page.reload()
    expect(page.get_by_role("link", name="chat-00000")).to_be_visible()
    shown, longest = page.evaluate("performance.now()"), page.evaluate(SCROLL)
    expect(page.get_by_role("link", name=LAST)).to_be_visible()
    print(f"listed after {shown:.0f} ms, longest task while scrolling {longest:.0f} ms")
    assert shown < 1000 * PATIENCE
    assert longest < 200 * PATIENCE

"""A thousand instances in the list."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from inferops.cluster.connection import read_connection
from tests.console.browser import Tab, open_tab
from tests.console.fleet import create_instances
from tests.support.api_process import ApiServerProcess
from tests.support.apiserver import ApiServer
from tests.support.eventually import PATIENCE

COUNT = 1000
LAST = f"chat-{COUNT - 1:05}"
LONG_TASKS = """() => {
    window.longest = 0;
    new PerformanceObserver((list) => {
        for (const {duration} of list.getEntries()) window.longest = Math.max(window.longest, duration);
    }).observe({type: 'longtask'});
}"""


@pytest.fixture
def crowd(own: ApiServer, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tab]:
    """The console of a REST API that knows a thousand instances, signed in."""
    monkeypatch.setenv("KUBECONFIG", str(own.kubeconfig))
    key = create_instances(read_connection(own.context), COUNT)
    api = ApiServerProcess(tmp_path, own.kubeconfig, {})
    try:
        while not api.is_ready():
            time.sleep(0.1)
        with open_tab(browser, api.url.removesuffix("ai-inference")) as tab:
            tab.sign_in(key)
            yield tab
    finally:
        api.terminate()


def test_a_thousand_instances_are_listed_within_a_second_and_scroll_smoothly(crowd: Tab) -> None:
    page = crowd.page
    crowd.open("instances")
    expect(page.get_by_role("link", name="chat-00000")).to_be_visible()
    page.reload()
    expect(page.get_by_role("link", name="chat-00000")).to_be_visible()
    assert page.evaluate("performance.now()") < 1000 * PATIENCE
    page.evaluate(LONG_TASKS)
    page.mouse.move(700, 500)
    for _ in range(200):
        page.mouse.wheel(0, 400)
        if page.get_by_text(LAST).is_visible():
            break
    expect(page.get_by_text(LAST)).to_be_visible()
    assert page.evaluate("window.longest") < 200 * PATIENCE

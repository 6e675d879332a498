"""How soon a thousand instances are listed in Chromium, and how smoothly they scroll: `make bench-console`.

Prints what it does to stderr and, last, a JSON line to stdout; docs/benchmarks.md says what each number means.
"""

import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from dev.console import PAGES, console_folder
from tests.console.browser import Tab, start_chromium
from tests.console.fleet import open_fleet, scroll_through
from tests.support.apiserver import start_apiserver
from tests.support.crds import install_crds

COUNT, ROUNDS = 1000, 9


def main() -> None:
    """Medians and worst of all rounds, each a page that is loaded anew."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as temporary,
        start_apiserver(Path(temporary)) as server,
        sync_playwright() as playwright,
        start_chromium(playwright) as browser,
    ):
        install_crds(server)
        os.environ |= {"KUBECONFIG": str(server.kubeconfig), "INFEROPS_CONSOLE": str(console_folder() / PAGES)}
        with open_fleet(server, browser, Path(temporary), COUNT, {}) as tab:
            tab.open("instances")
            rounds = [measure(tab) for _ in range(ROUNDS)]
    listed, tasks = zip(*rounds, strict=True)
    result = {
        "listed_ms": round(statistics.median(listed)),
        "listed_ms_worst": round(max(listed)),
        "longest_task_ms": round(statistics.median(tasks)),
        "longest_task_ms_worst": round(max(tasks)),
    }
    print(json.dumps(result))


def measure(tab: Tab) -> tuple[float, float]:
    """From the reload to the first row in view, and the longest task of scrolling through all, in ms."""
    tab.page.reload()
    expect(tab.page.get_by_role("link", name="chat-00000")).to_be_visible()
    listed = float(tab.page.evaluate("performance.now()"))
    longest = scroll_through(tab)
    print(f"listed after {listed:.0f} ms, longest task {longest:.0f} ms", file=sys.stderr)
    return listed, longest


if __name__ == "__main__":
    main()

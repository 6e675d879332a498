"""A REST API of its own with its console, on a real API server that has as many instances as a test wants."""

import asyncio
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from bench.api.fleet import create_fleet, make_manager
from inferops.cluster.client import Client
from inferops.cluster.connection import Connection, read_connection
from tests.console.browser import Tab, open_tab
from tests.support.api_process import ApiServerProcess
from tests.support.apiserver import ApiServer

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


@contextmanager
def open_fleet(own: ApiServer, browser: Browser, folder: Path, count: int, settings: dict[str, Any]) -> Iterator[Tab]:
    """Its console, signed in to a fresh namespace with so many instances."""
    key = create_instances(read_connection(own.context), count, f"fleet-{secrets.token_hex(4)}")
    api = ApiServerProcess(folder, own.kubeconfig, settings)
    try:
        while not api.is_ready():
            time.sleep(0.1)
        with open_tab(browser, api.url.removesuffix("ai-inference")) as tab:
            tab.sign_in(key)
            yield tab
    finally:
        api.terminate()


def create_instances(connection: Connection, count: int, name: str) -> str:
    """So many, of one namespace; the key that manages it. Beside Playwright, whose loop has this thread."""

    async def create() -> str:
        async with Client(connection) as client:
            namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            await client.create(namespace)
            key = await make_manager(client, name)
            await create_fleet(client, count, lambda _: name, "chat")
            return key

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, create()).result()


def scroll_through(tab: Tab) -> float:
    """From the first row to the last, half a window a frame; the longest that the page stood still, in ms."""
    return float(tab.page.evaluate(SCROLL))

"""Debian's Chromium, driven by Playwright; whatever it complains of is kept, and fails the test."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Playwright, Request, expect

from tests.support.eventually import PATIENCE

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--use-fake-device-for-media-stream",  # a microphone that beeps, where there is none
    "--use-fake-ui-for-media-stream",
    "--host-resolver-rules=MAP *.inferops.test 10.244.0.1",
)
FONTS = {"FONTCONFIG_FILE": str(Path(__file__).parent / "fonts.conf")}
WATCHED = """
document.addEventListener('securitypolicyviolation',
    (event) => console.error(`forbidden by CSP: ${event.violatedDirective} ${event.blockedURI}`));
"""
EXPECTED = "Failed to load resource"
"""Chromium's line for every answer of 4xx and 5xx, which the page itself has to tell."""
expect.set_options(timeout=15_000 * PATIENCE)
Theme = Literal["light", "dark"]
HEIGHT, HIGHEST = 900, 4000
SHOTS = Path(__file__).parent / ".shots"


@dataclass
class Tab:
    """One tab with the console in it, as one person sees it."""

    page: Page
    address: str
    """Of the console's first page; ends with a slash."""
    complaints: list[str] = field(default_factory=list)
    """Errors of scripts, of the Content-Security-Policy, and requests to other hosts."""

    def watch(self) -> None:
        """Keep what goes wrong from here on."""
        self.page.add_init_script(WATCHED)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        self.page.on("request", self._see)

    def open(self, route: str = "") -> None:
        """A route such as `instances/chat`, as the address bar has it."""
        self.page.goto(f"{self.address}#/{route}")

    def sign_in(self, key: str) -> None:
        """By the form, as people do."""
        self.open()
        self.page.get_by_label("API key").fill(key)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_label("API key")).to_be_hidden()
        self.settle()

    def settle(self) -> None:
        """Until the page shows what it has: a heading, and nothing that stands for what will come."""
        expect(self.main.get_by_role("heading", level=1)).to_be_visible()
        expect(self.main.locator(".skeleton")).to_have_count(0)
        expect(self.main.get_by_role("heading", name="This page cannot be shown")).to_have_count(0)

    @property
    def main(self) -> Locator:
        """What the page shows, without the frame around it."""
        return self.page.get_by_role("main")

    def shoot(self, name: str) -> Path:
        """A picture of the whole page, as test output: as on a window that is as high as the page."""
        SHOTS.mkdir(exist_ok=True)
        path = SHOTS / f"{name}.png"
        page, usual = self.page, self.page.viewport_size or {"width": 1440, "height": HEIGHT}
        page.mouse.move(0, 0)
        height = min(max(HEIGHT, page.evaluate("document.documentElement.scrollHeight")), HIGHEST)
        page.set_viewport_size({"width": usual["width"], "height": height})
        page.screenshot(path=path, animations="disabled")
        page.set_viewport_size(usual)
        return path

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and EXPECTED not in message.text:
            self.complaints.append(f"{message.type}: {message.text}")

    def _see(self, request: Request) -> None:
        there = urlsplit(request.url)
        if there.scheme not in {"data", "blob"} and there.netloc != urlsplit(self.address).netloc:
            self.complaints.append(f"asked another host: {request.url}")


@contextmanager
def start_chromium(playwright: Playwright) -> Iterator[Browser]:
    """Headless; one for all tests of a process."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, env={**os.environ, **FONTS})
    yield browser
    browser.close()


@contextmanager
def open_tab(browser: Browser, address: str, *, width: int = 1440, theme: Theme = "light") -> Iterator[Tab]:
    """A fresh profile with one tab, which must have nothing to complain of in the end."""
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHT}, color_scheme=theme, locale="en-US", reduced_motion="reduce"
    )
    context.set_default_timeout(15_000 * PATIENCE)
    tab = Tab(context.new_page(), address)
    tab.watch()
    try:
        yield tab
        assert not tab.complaints
    finally:
        context.close()

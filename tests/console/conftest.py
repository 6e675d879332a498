"""The console in a real browser, on a real cluster: `make up` before. All tests share a namespace."""

import os
from collections.abc import Generator, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from dev.target import Target, read_target
from tests.console.browser import Tab, open_tab, start_chromium
from tests.console.scene import fill, install_models
from tests.e2e.world import GATEWAY, World, install_catalog, open_world

ADDRESS = os.environ.get("CONSOLE") or f"{GATEWAY}/"
"""`CONSOLE=http://localhost:5173/` tries what `npm run dev` serves."""


@pytest.fixture(scope="session")
def target() -> Target:
    """The cluster."""
    found = read_target()
    install_catalog(found)
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all."""
    with sync_playwright() as playwright, start_chromium(playwright) as browser:
        yield browser


@pytest.fixture(scope="session")
def world(target: Target) -> Iterator[World]:
    """One namespace for all, with a key `owner` that manages it and opens its instances."""
    with open_world(target) as made:
        install_models(made)
        fill(made)
        yield made


@pytest.fixture
def stranger(browser: Browser) -> Iterator[Tab]:
    """The console, not signed in."""
    with open_tab(browser, ADDRESS) as tab:
        yield tab


@pytest.fixture
def tab(stranger: Tab, world: World) -> Tab:
    """The console, signed in as owner of the namespace."""
    stranger.sign_in(world.key("owner"))
    return stranger


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What the page looked like when a test failed."""
    report = yield
    if call.when == "call" and report.failed:
        for tab in item.funcargs.values():
            if isinstance(tab, Tab):
                report.sections.append(
                    (str(tab.shoot(f"failed-{item.name}")), tab.page.locator("body").aria_snapshot())
                )
    return report

"""The console in a real browser, on a real cluster: `make up` before. The tests of a file share a namespace."""

from collections.abc import Generator, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from dev.target import Target, read_target
from tests.console.browser import Tab, open_tab, start_chromium
from tests.e2e.world import GATEWAY, World, install_catalog, open_world, resource

ADDRESS = f"{GATEWAY}/"


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


@pytest.fixture(scope="module")
def world(target: Target) -> Iterator[World]:
    """A namespace with a key that manages it and opens the instances that name it."""
    with open_world(target) as made:
        made.apply(resource("ApiKey", "owner", scopes=["manage", "inference"]))
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
    """What page and namespace looked like when a test failed."""
    report = yield
    if call.when == "call" and report.failed:
        if isinstance(tab := item.funcargs.get("stranger"), Tab):
            report.sections.append(("the page", str(tab.shoot(f"failed-{item.name}"))))
        if isinstance(world := item.funcargs.get("world"), World):
            report.sections.append(("the namespace", "\n".join(world.dump())))
    return report

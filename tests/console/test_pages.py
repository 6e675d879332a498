"""Every page, light and dark, on a phone and on a desk: without barriers, without complaints, with a picture of it."""

import pytest
from playwright.sync_api import Browser, expect

from tests.console.accessibility import find_barriers
from tests.console.browser import Theme, open_tab
from tests.console.conftest import ADDRESS
from tests.e2e.world import World

pytestmark = pytest.mark.slow
PAGES = {
    "instances": "instances",
    "new": "instances/_new",
    "instance": "instances/chat",
    "broken": "instances/broken",
    "edit": "instances/chat/edit",
    "playground": "playground/chat",
    "keys": "keys",
    "registries": "registries",
    "catalog": "catalog",
    "regions": "regions",
    "usage": "usage",
    "nowhere": "no-such-page",
}
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_no_page_has_a_barrier(browser: Browser, world: World, theme: Theme, width: int) -> None:
    found = {}
    with open_tab(browser, ADDRESS, width=width, theme=theme) as tab:
        tab.open()
        expect(tab.page.get_by_label("API key")).to_be_visible()
        tab.shoot(f"sign-in-{theme}-{width}")
        found["sign-in"] = find_barriers(tab.page)
        tab.sign_in(world.key("owner"))
        for name, route in PAGES.items():
            tab.open(route)
            tab.settle()
            tab.shoot(f"{name}-{theme}-{width}")
            found[name] = find_barriers(tab.page)
            if tab.page.evaluate(WIDER):
                found[name].append("the page scrolls sideways")
    assert not {name: barriers for name, barriers in found.items() if barriers}

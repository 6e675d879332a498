"""The console by other addresses than the gateway's own: a port-forward, a sub-path of another server."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from dev.target import Target
from tests.console.addresses import forward, nest
from tests.console.browser import open_tab
from tests.e2e.world import World


def test_behind_a_port_forward_all_is_as_at_home(browser: Browser, target: Target, world: World) -> None:
    with forward(target) as address, open_tab(browser, address) as tab:
        tab.sign_in(world.key("owner"))
        tab.open("keys")
        expect(tab.main.get_by_text("owner").first).to_be_visible()


def test_under_a_sub_path_all_is_as_at_home(browser: Browser, tmp_path: Path, world: World) -> None:
    with nest(tmp_path) as address, open_tab(browser, address) as tab:
        tab.sign_in(world.key("owner"))
        tab.open("keys")
        expect(tab.main.get_by_text("owner").first).to_be_visible()

"""Keys, from their making to their end."""

import re

import httpx
from playwright.sync_api import expect

from tests.console.browser import Tab
from tests.e2e.world import GATEWAY, TLS, eventually


def test_a_key_is_shown_once_and_not_let_go_before_somebody_has_it(tab: Tab) -> None:
    page = tab.page
    tab.open("keys")
    page.get_by_role("button", name="Create key").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("phone")
    dialog.get_by_role("button", name="Create key").click()
    secret = dialog.get_by_label("API key").input_value()
    assert re.fullmatch(r"inf-[\w-]{43}", secret)
    tab.shoot("key-shown-once")
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Copy").click()
    dialog.get_by_role("button", name="Done").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("row", name="phone")).to_be_visible()
    assert secret not in page.content()
    assert secret not in page.evaluate("JSON.stringify([localStorage, sessionStorage])")

    def opens() -> bool:
        answer = httpx.get(f"{GATEWAY}/v1/models", headers={"x-api-key": secret}, verify=TLS)
        return answer.status_code == httpx.codes.OK

    eventually(opens, within=15)


def test_a_key_that_instances_name_is_not_deleted_and_the_api_says_which(tab: Tab) -> None:
    page = tab.page
    tab.open("keys")
    page.get_by_role("button", name="Delete owner").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("This tab works with this key")).to_be_visible()
    dialog.get_by_label(re.compile("owner")).fill("owner")
    dialog.get_by_role("button", name="Delete").click()
    expect(dialog.get_by_role("alert")).to_contain_text("chat")

"""Keys that are rotated and shut, registries with a wrong password, and the catalog."""

import re

from playwright.sync_api import expect

from tests.console.browser import Tab
from tests.e2e.world import World, resource

PASSWORD = "demo-registry-password"


def test_the_key_of_the_tab_is_rotated_and_the_session_goes_on(stranger: Tab, world: World) -> None:
    world.apply(resource("ApiKey", "rotated", scopes=["manage"]))
    old = world.key("rotated")
    stranger.sign_in(old)
    page = stranger.page
    stranger.open("keys")
    page.get_by_role("button", name="Rotate rotated").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Overlap at rotation").select_option("none")
    dialog.get_by_role("button", name="Rotate key").click()
    new = dialog.get_by_label("API key").input_value()
    assert new != old
    dialog.get_by_label("I have stored the key").check()
    dialog.get_by_role("button", name="Done").click()
    page.reload()
    stranger.settle()
    stranger.open("regions")
    expect(page.get_by_role("heading", level=1, name="Regions")).to_be_visible()
    expect(page.get_by_label("API key")).to_have_count(0)


def test_a_key_is_given_limits_and_shut_and_the_api_says_what_is_wrong(tab: Tab, world: World) -> None:
    world.apply(resource("ApiKey", "held"))
    page = tab.page
    tab.open("keys")
    row = page.get_by_role("row", name="held")
    page.get_by_role("button", name="Edit held").click()
    dialog = page.get_by_role("dialog")
    requests = dialog.get_by_label("Requests per minute")
    requests.fill("0")
    dialog.get_by_role("button", name="Save").click()
    expect(requests).to_be_focused()
    expect(requests).to_have_accessible_description(re.compile("greater than or equal to 1"))
    requests.fill("60")
    dialog.get_by_label("Budget (USD)").fill("2.50")
    dialog.get_by_label("Disabled").check()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    for told in ("60 requests/min", "$2.50 this month", "Disabled"):
        expect(row).to_contain_text(told)
    tab.shoot("key-held")


def test_a_wrong_password_of_a_registry_is_told_and_mended_without_being_shown(tab: Tab, world: World) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "wrong"}, "stringData": {"password": "no"}}
    credentials = {"username": "demo", "passwordSecretRef": {"name": "wrong", "key": "password"}}
    world.apply(secret, resource("Registry", "mended", url="registry.inferops.test:5000", insecure=True, **credentials))
    page = tab.page
    tab.open("registries")
    row = page.get_by_role("row", name="mended")
    expect(row).to_contain_text("Credentials refused")
    tab.shoot("registry-refused")
    page.get_by_role("button", name="Edit mended").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Password")).to_have_value("")
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("Verified")
    assert PASSWORD not in page.content()


def test_the_catalog_is_searched_and_leads_to_the_form(tab: Tab) -> None:
    page = tab.page
    tab.open("catalog")
    page.get_by_role("searchbox", name="Search").fill("console-engine embeddings")
    row = page.get_by_role("row", name="console-engine")
    expect(row).to_contain_text("$0.10 / 1M tokens in")
    expect(page.get_by_role("table", name="Models").get_by_role("row")).to_have_count(2)
    row.get_by_role("link", name="Start").click()
    expect(page).to_have_url(re.compile("#/instances/_new\\?model=console-engine"))


def test_the_chart_of_usage_follows_the_window_and_can_be_read_as_a_table(tab: Tab, world: World) -> None:
    world.wait_phase("chat", "ACTIVE")
    page = tab.page
    tab.open("usage?by=instance&show=replicaCost&period=today")
    chart = page.get_by_role("figure")
    expect(chart.get_by_role("listitem").filter(has_text="chat")).to_contain_text("$", timeout=90_000)
    drawing = chart.get_by_role("img", name="Replica spend (USD)").locator("canvas")
    wide = drawing.evaluate("(canvas) => canvas.clientWidth")
    page.set_viewport_size({"width": 700, "height": 900})
    page.wait_for_function("(wide) => document.querySelector('figure canvas').clientWidth < wide - 300", arg=wide)
    chart.get_by_text("Show as a table").click()
    table = chart.get_by_role("table", name="Replica spend (USD)")
    expect(table.get_by_role("columnheader", name="chat")).to_be_visible()

"""A page that stays open while the console it came from is replaced."""

from playwright.sync_api import Route, expect

from tests.console.browser import Tab


def gone(route: Route) -> None:
    """As a newer release answers for files of an older one."""
    route.fulfill(status=404, content_type="application/json", body="{}")


def test_a_page_whose_parts_are_gone_says_so_and_is_loaded_anew_with_its_session(tab: Tab) -> None:
    page = tab.page
    page.route("**/assets/*", gone)
    tab.open("usage")
    expect(page.get_by_role("heading", level=1, name="This page did not load")).to_be_visible()
    expect(tab.main).to_contain_text("upgraded since you opened it")
    page.unroute("**/assets/*")
    page.get_by_role("button", name="Load anew").click()
    expect(page.get_by_role("heading", level=1, name="Usage")).to_be_visible()


def test_a_page_whose_scripts_do_not_come_at_all_is_not_empty(stranger: Tab) -> None:
    page = stranger.page
    page.route("**/assets/*.js", gone)
    stranger.open()
    expect(page.get_by_text("load the page again")).to_have_css("opacity", "1")

"""Who may see the console, and how a session begins and ends."""

from playwright.sync_api import expect

from tests.console.browser import Tab
from tests.e2e.world import World, resource


def test_a_wrong_key_is_refused_in_the_apis_own_words_and_a_right_one_opens_the_namespace(
    stranger: Tab, world: World
) -> None:
    page = stranger.page
    stranger.open()
    page.get_by_label("API key").fill("sk-wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("key")
    stranger.sign_in(world.key("owner"))
    expect(page.get_by_text(world.namespace).first).to_be_visible()


def test_the_key_is_kept_for_the_tab_only_and_leaves_it_with_the_session(tab: Tab, world: World) -> None:
    page, key = tab.page, world.key("owner")
    assert key not in page.evaluate("JSON.stringify([localStorage, document.cookie, location.href, history.state])")
    page.reload()
    expect(page.get_by_role("button", name="Sign out")).to_be_attached()
    other = page.context.new_page()
    other.goto(tab.address)
    expect(other.get_by_label("API key")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("API key")).to_be_visible()
    assert key not in page.evaluate(
        "JSON.stringify([localStorage, sessionStorage]) + document.documentElement.outerHTML"
    )


def test_a_session_ends_with_a_sentence_when_its_key_is_revoked(stranger: Tab, world: World) -> None:
    world.apply(resource("ApiKey", "leaving", scopes=["manage"]))
    stranger.sign_in(world.key("leaving"))
    stranger.open("keys")
    world.kubectl("delete", "apikey", "leaving")
    expect(stranger.page.get_by_label("API key")).to_be_visible(timeout=60_000)
    expect(stranger.main.get_by_role("note")).to_contain_text("key")

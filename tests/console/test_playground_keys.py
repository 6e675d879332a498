"""Who may call what in the playground, and all that it does besides talking."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.console.addresses import forward
from tests.console.browser import Tab, open_tab
from tests.console.scene import build_instance
from tests.console.talk import ask
from tests.e2e.world import World, engine_model, install_shared, instance, resource


@pytest.fixture(scope="module")
def app(world: World) -> str:
    """A key of scope inference that may call one of the instances; one that may only manage is there, too."""
    world.apply(
        resource("ApiKey", "only-manages", scopes=["manage"]),
        resource("ApiKey", "app", scopes=["inference"]),
        instance("of-app", "console-engine", apiKeys=["app"]),
    )
    world.wait_phase("of-app", "ACTIVE")
    return world.key("app")


def test_a_key_of_scope_inference_sees_only_the_playground_of_what_it_may_use(stranger: Tab, app: str) -> None:
    stranger.sign_in(app)
    page = stranger.page
    expect(page.get_by_role("heading", level=1, name="Playground")).to_be_visible()
    assert page.get_by_label("Instance", exact=True).locator("option").all_inner_texts() == ["of-app (console-engine)"]
    expect(page.get_by_role("navigation").get_by_role("link")).to_have_count(1)
    expect(ask(stranger, "hello")).to_contain_text("hello token")
    for route in ("instances", "instances/of-app", "instances/_new", "keys", "usage"):
        stranger.open(route)
        expect(stranger.main.get_by_role("link", name="Playground")).to_be_visible()
    stranger.open("playground/chat")
    expect(stranger.main).to_contain_text("no instance “chat” that this key may call")


def test_an_instance_that_is_not_open_to_the_key_is_opened_to_it(tab: Tab, app: str) -> None:
    assert app
    tab.open("playground/of-app")
    expect(tab.main).to_contain_text("The key “owner” may not call “of-app”")
    tab.page.get_by_role("button", name="Let “owner” call it").click()
    expect(ask(tab, "open now")).to_contain_text("open now token")


def test_a_key_that_may_only_manage_borrows_another_for_this_tab_alone(stranger: Tab, world: World, app: str) -> None:
    stranger.sign_in(world.key("only-manages"))
    page = stranger.page
    stranger.open("playground/of-app")
    expect(stranger.main).to_contain_text("has scope manage only")
    expect(page.get_by_role("button", name="Let “only-manages” call it")).to_have_count(0)
    page.get_by_role("button", name="Use another key").last.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("API key").fill("inf-guessed")
    dialog.get_by_role("button", name="Use it").click()
    expect(dialog.get_by_role("alert")).to_contain_text("opens nothing")
    dialog.get_by_label("API key").fill(app)
    dialog.get_by_role("button", name="Use it").click()
    expect(ask(stranger, "borrowed")).to_contain_text("borrowed token")
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, location.href, document.cookie])")
    assert app not in kept
    page.reload()
    expect(stranger.main).to_contain_text("has scope manage only")


def test_two_instances_answer_side_by_side_and_a_question_is_edited(tab: Tab, world: World) -> None:
    for name in ("chat", "slow"):
        world.wait_phase(name, "ACTIVE")
    tab.open("playground/chat/slow")
    page = tab.page
    page.get_by_label("Max tokens").fill("3")
    ask(tab, "first")
    for name in ("chat", "slow"):
        answer = page.get_by_role("article", name=f"Answer of {name}")
        expect(answer).to_contain_text("first token token")
        expect(answer).to_contain_text("3 tokens")
    page.get_by_role("button", name="Edit message").click()
    page.get_by_role("textbox", name="Edit message").fill("second")
    page.get_by_role("button", name="Send again").click()
    for name in ("chat", "slow"):
        expect(page.get_by_role("article", name=f"Answer of {name}")).to_contain_text("second token token")
    expect(tab.main).not_to_contain_text("first token token")
    tab.shoot("compared")
    page.get_by_label("Temperature").fill("9")
    page.get_by_label("Message", exact=True).fill("third")
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    expect(page.get_by_label("Temperature")).to_have_accessible_description(re.compile("from 0 to 2"))


def test_texts_are_embedded_compared_and_continued_and_the_code_says_how(tab: Tab, world: World) -> None:
    world.wait_phase("chat", "ACTIVE")
    tab.open("playground/chat")
    page = tab.page
    page.get_by_role("tab", name="Embeddings").click()
    page.get_by_label("Text", exact=True).fill("a cat")
    page.get_by_label("Second text").fill("a cat")
    page.get_by_role("button", name="Embed", exact=True).click()
    expect(tab.main).to_contain_text(re.compile(r"Cosine similarity\s*1"))
    expect(tab.main.get_by_text("Dimensions")).to_have_count(2)
    page.get_by_role("tab", name="Completion").click()
    page.get_by_label("Prompt", exact=True).fill("Once upon")
    page.get_by_role("button", name="Complete", exact=True).click()
    expect(page.get_by_role("article", name="Answer of chat")).to_contain_text("token")
    page.get_by_role("button", name="View code").click()
    dialog = page.get_by_role("dialog")
    for language, told in (("curl", "/openai/v1/completions' --no-buffer"), ("Python", 'prompt="Once upon"')):
        dialog.get_by_role("tab", name=language).click()
        expect(dialog).to_contain_text(told)
    assert world.key("owner") not in page.content()


def test_documents_are_ranked_and_pictures_are_made(tab: Tab, world: World) -> None:
    world.wait_phase("chat", "ACTIVE")
    tab.open("playground/chat")
    page = tab.page
    page.get_by_role("tab", name="Rerank").click()
    page.get_by_label("Query").fill("which is first?")
    expect(page.get_by_role("button", name="Rank", exact=True)).to_be_disabled()
    page.get_by_label("Documents").fill("the first\n\n<b>the second</b>")
    page.get_by_role("button", name="Rank", exact=True).click()
    ranked = tab.main.get_by_role("listitem")
    expect(ranked).to_contain_text([re.compile(r"the first\s*1"), re.compile(r"<b>the second</b>\s*0\.5")])
    tab.shoot("ranked")
    page.get_by_role("tab", name="Images").click()
    page.get_by_label("Prompt").fill("a dot")
    page.get_by_label("Pictures", exact=True).select_option("2")
    page.get_by_role("button", name="Generate").click()
    expect(tab.main.get_by_role("img", name="Picture")).to_have_count(2)
    assert page.evaluate("document.querySelector('figure img').naturalWidth") == 1
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").first.click()
    assert download.value.suggested_filename == "picture-1.png"
    tab.shoot("painted")


def test_the_microphone_is_recorded_where_the_browser_gives_it_and_else_the_page_says_why_not(
    tab: Tab, browser: Browser, world: World
) -> None:
    model = engine_model("console-listener", defaultHardware="e2e-cpu")
    install_shared(world.target, model | {"spec": model["spec"] | {"features": ["audio"]}})
    world.apply(build_instance("listener", "console-listener"))
    world.wait_phase("listener", "ACTIVE")
    tab.open("playground/listener")
    if not tab.page.evaluate("isSecureContext"):
        expect(tab.page.get_by_role("button", name="Record")).to_be_disabled()
        expect(tab.main).to_contain_text("pages with TLS or on localhost only")
    with forward(world.target) as address, open_tab(browser, address) as safe:
        safe.sign_in(world.key("owner"))
        safe.open("playground/listener")
        page = safe.page
        page.get_by_role("button", name="Record", exact=True).click()
        expect(safe.main).to_contain_text("Recording")
        page.wait_for_timeout(1500)  # of the fake microphone's beeps
        page.get_by_role("button", name="Stop recording").click()
        expect(safe.main).to_contain_text("recording.webm")
        page.get_by_role("button", name="Run", exact=True).click()
        expect(safe.main.get_by_role("alert")).to_contain_text(
            "Invalid or corrupted audio data"
        )  # this engine: WAV only

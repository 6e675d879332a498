"""Talking to models that answer at once, slowly, after waking up, and with what should not run."""

from playwright.sync_api import expect

from tests.console.browser import Tab
from tests.console.talk import ask
from tests.e2e.world import World

HOSTILE = (
    "<script>window.ran = true</script><img src=x onerror='window.ran = true'>\n\n"
    "[click](javascript:window.ran=true) ![picture](http://elsewhere.example/p.png) "
    "<iframe src='http://elsewhere.example'></iframe>\n\n```html\n<svg onload='window.ran = true'>\n```"
)


def test_an_answer_streams_and_stops_when_told_so(tab: Tab, world: World) -> None:
    world.wait_phase("slow", "ACTIVE")
    tab.open("playground/slow")
    answer = ask(tab, "count")
    expect(answer).to_contain_text("count token token")
    tab.page.get_by_role("button", name="Stop").click()
    expect(answer).to_contain_text("Stopped")
    text = answer.inner_text()
    assert text.count("token") < 16
    expect(answer).to_contain_text("tokens/s")
    tab.page.get_by_role("button", name="Ask again").click()
    expect(answer).to_contain_text("token " * 15)


def test_what_a_hostile_model_answers_is_text(tab: Tab, world: World) -> None:
    world.wait_phase("chat", "ACTIVE")
    tab.open("playground/chat")
    answer = ask(tab, HOSTILE)
    expect(answer).to_contain_text("<script>window.ran = true</script>")
    expect(answer).to_contain_text("<img src=x onerror='window.ran = true'>")
    expect(answer).to_contain_text("<svg onload=")
    expect(answer.locator("img, script, iframe, svg[onload], a[href^=javascript]")).to_have_count(0)
    assert tab.page.evaluate("window.ran") is None
    tab.shoot("hostile")


def test_a_sleeping_instance_wakes_and_answers_while_the_page_counts_the_seconds(tab: Tab, world: World) -> None:
    assert not world.read_all("pods", "inferops.dev/instance=sleeper")
    tab.open("playground/sleeper")
    answer = ask(tab, "good morning")
    expect(answer).to_contain_text("waking up")
    tab.shoot("waking")
    expect(answer).to_contain_text("good morning token", timeout=90_000)

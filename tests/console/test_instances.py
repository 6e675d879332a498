"""Instances, from the form that makes them to their end; what is wrong with a broken one; what Git keeps."""

import re

from playwright.sync_api import expect

from tests.console.browser import Tab
from tests.console.talk import ask
from tests.e2e.world import World


def test_an_instance_made_by_the_form_becomes_ready_before_ones_eyes_answers_stops_starts_and_goes(
    tab: Tab, world: World
) -> None:
    page = tab.page
    tab.open("instances")
    page.get_by_role("link", name="Create instance").click()
    page.get_by_role("radio", name=re.compile("console-engine")).check()
    page.get_by_label("Name of the instance").fill("made")
    preview = page.get_by_role("region", name="YAML")
    least = page.get_by_label("At least")
    least.fill("9")
    least.press("Tab")
    expect(least).to_have_attribute("aria-invalid", "true")
    expect(tab.main).to_contain_text("must not be greater than")
    tab.shoot("form-refused")
    least.fill("1")
    page.get_by_role("checkbox", name="owner").check()
    expect(preview).to_contain_text("accepted by the API")
    page.get_by_role("button", name="Create instance").click()
    expect(page.get_by_role("heading", level=1, name="made")).to_be_visible()
    expect(tab.main).to_contain_text("It answers requests", timeout=60_000)
    page.get_by_role("link", name="Open Playground").click()
    expect(ask(tab, "hello, made")).to_contain_text("hello, made token")
    tab.open("instances/made")
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Start").click(timeout=30_000)
    expect(tab.main).to_contain_text("It answers requests", timeout=60_000)
    page.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Delete")).to_be_disabled()
    dialog.get_by_role("textbox").fill("made")
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", level=1, name="Instances")).to_be_visible()
    expect(page.get_by_role("link", name="made")).to_have_count(0)
    assert not world.get("inf", "made")


def test_a_broken_instance_says_why_and_what_to_do(tab: Tab, world: World) -> None:
    world.wait_phase("broken", "ERROR")
    tab.open("instances")
    row = tab.page.get_by_role("row", name=re.compile("broken"))
    expect(row).to_contain_text("Error")
    row.get_by_role("link", name="broken").click()
    expect(tab.main).to_contain_text("CUDA out of memory")
    expect(tab.main).to_contain_text("choose a hardware with more of it")
    tab.page.get_by_role("tab", name="Logs").click()
    expect(tab.main).to_contain_text("torch.OutOfMemoryError")
    tab.shoot("logs")


def test_what_git_keeps_can_be_read_only_and_says_who_keeps_it(tab: Tab) -> None:
    tab.open("instances/from-git")
    expect(tab.main).to_contain_text('Argo CD application "models"')
    for name in ("Stop", "Delete"):
        expect(tab.page.get_by_role("button", name=name)).to_be_disabled()
    tab.open("instances/from-git/edit")
    expect(tab.main).to_contain_text('Argo CD application "models"')
    expect(tab.page.get_by_role("button", name="Save changes")).to_have_count(0)
    expect(tab.page.get_by_role("radio", name="Own image")).to_be_disabled()

"""What was used is seen, and can be taken away."""

import csv
import re

from playwright.sync_api import expect

from tests.console.browser import Tab
from tests.console.talk import ask
from tests.e2e.world import World

TOKENS = "16"
"""Of an answer of the small engine."""


def test_what_was_asked_in_the_playground_is_in_the_usage_and_its_csv(tab: Tab, world: World) -> None:
    world.wait_phase("priced", "ACTIVE")
    tab.open("playground/priced")
    expect(ask(tab, "What does this cost?")).to_contain_text("tokens/s")
    tab.open("usage")
    page = tab.page
    page.get_by_label("By", exact=True).select_option(label="Instance")
    row = page.get_by_role("table", name="Usage").get_by_role("row", name=re.compile("priced"))
    expect(row.get_by_role("cell", name=TOKENS, exact=True)).to_be_visible(timeout=90_000)
    page.get_by_role("combobox", name="Rows to download").select_option(label="Single requests")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    with download.value.path().open() as file:
        (record,) = (each for each in csv.DictReader(file) if each["instance"].startswith("priced-"))
    assert record["completion"] == TOKENS
    assert float(record["token_cost"]) > 0

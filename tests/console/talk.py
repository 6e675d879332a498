"""The playground as people use it."""

import re

from playwright.sync_api import Locator

from tests.console.browser import Tab


def ask(tab: Tab, text: str) -> Locator:
    """Send a message; where its answer comes."""
    turns = tab.page.get_by_role("article", name=re.compile("^Answer"))
    tab.page.get_by_label("Message", exact=True).fill(text)
    before = turns.count()
    tab.page.get_by_role("button", name="Send", exact=True).click()
    return turns.nth(before)

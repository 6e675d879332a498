"""axe-core in the page: whether people with a keyboard, a screen reader or weak eyes can use it."""

import functools

from playwright.sync_api import Page

from dev.console import FOLDER, ensure_packages

AXE = FOLDER / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")
RUN = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations
    .flatMap(({impact, id, help, nodes}) => nodes.map(({target, failureSummary}) =>
        ({impact, said: `${id}: ${help}: ${target.join(' ')}: ${failureSummary}`})))"""


@functools.cache
def read_axe() -> str:
    """The program, of the version that the console's lock file names."""
    ensure_packages()
    return AXE.read_text()


def find_barriers(page: Page) -> list[str]:
    """What axe finds serious or critical, in its own words."""
    page.evaluate(read_axe())
    return [str(each["said"]) for each in page.evaluate(RUN) if each["impact"] in GRAVE]

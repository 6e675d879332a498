"""End to end: real pods on a real cluster, asked through the gateway. Needs `make up`."""

from collections.abc import Generator, Iterator

import httpx
import pytest

from dev.target import Target, read_target
from tests.e2e.world import GATEWAY, World, install_catalog, manage, open_world

FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def target() -> Target:
    """The cluster; tests that break it ask for `local` too."""
    found = read_target()
    install_catalog(found)
    return found


@pytest.fixture(scope="session")
def local(target: Target) -> Target:
    """The local cluster; a test that kills or deletes things of the system refuses any other."""
    if not target.local:
        pytest.skip(f"destructive: refuses context {target.context}, which is not the local cluster")
    return target


@pytest.fixture
def world(target: Target, request: pytest.FixtureRequest) -> Iterator[World]:
    """A fresh namespace with an ApiKey `e2e`; gone afterwards. Prints what it saw when the test fails."""
    with open_world(target) as made:
        yield made
        if request.node.stash.get(FAILED, False):
            for text in made.dump():
                print(text)


@pytest.fixture
def rest(world: World) -> Iterator[httpx.Client]:
    """The installed REST API, through the gateway."""
    with manage(world, f"{GATEWAY}/ai-inference") as http:
        yield http


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell fixtures whether their test failed."""
    report = yield
    if call.when == "call" and report.failed:
        item.stash[FAILED] = True
    return report

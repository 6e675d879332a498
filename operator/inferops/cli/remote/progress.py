"""What is seen while something is waited for: one line that moves on a terminal, one line for each change elsewhere.
All of it goes to standard error, so that standard output is the answer alone.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

import click
from rich.console import Console

from inferops.client import ApiError, Client
from inferops.client.waiting import INTERVAL, SERVES
from inferops.rest.instances import InstanceDetail

Show = Callable[[str], None]
"""Shows what goes on now."""


@contextmanager
def show_progress(first: str, *, quiet: bool = False) -> Iterator[Show]:
    """While the context lasts; `quiet`: on terminals only."""
    console = Console(stderr=True, highlight=False, markup=False)
    if not console.is_terminal:
        if not quiet:
            click.echo(first, err=True)
        yield lambda text: click.echo(text, err=True)
        return
    with console.status(first) as status:
        yield status.update


def wait(client: Client, id: str, timeout: float, until: frozenset[str] = SERVES) -> InstanceDetail:  # noqa: A002
    """The instance, once its status is so. Raises NotReached."""
    with show_progress(f"{id}: waiting") as show:
        return client.instances.wait(
            id, until=until, timeout=timeout, on_change=lambda detail: show(describe_progress(detail))
        )


@contextmanager
def watch(client: Client, id: str) -> Iterator[None]:  # noqa: A002
    """Shows how the instance gets on while the context lasts, which waits for it by itself."""
    over = Event()

    def look(show: Show) -> None:
        while not over.wait(INTERVAL):
            with suppress(ApiError):
                show(describe_progress(client.instances.get(id)))

    with show_progress(f"{id}: waiting", quiet=True) as show:
        looker = Thread(target=look, args=(show,), daemon=True)
        looker.start()
        try:
            yield
        finally:
            over.set()
            looker.join()


def describe_progress(detail: InstanceDetail) -> str:
    """`chat: DEPLOYING, 0/1 replicas: pulling the image`."""
    ready = sum(each.deploy_status.ready for each in detail.containers)
    total = sum(each.deploy_status.total for each in detail.containers)
    why = f": {detail.message}" if detail.message else ""
    return f"{detail.id}: {detail.status}, {ready}/{total} replicas{why}"

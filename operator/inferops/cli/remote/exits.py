"""How commands end: one line of what is wrong and what to do, and an exit status for programs.

| status | meaning |
| --- | --- |
| 0 | done |
| 1 | something else went wrong, or an instance is not ready |
| 2 | the command line makes no sense, or the API says that a value does not |
| 3 | there is no such object |
| 4 | no key, a wrong one, or one that may not |
| 5 | conflict: taken, attached, changed meanwhile, or owned by GitOps |
| 6 | nobody answers, or not in time |
"""

import errno
from typing import Any

import click
import httpx

from inferops.client.errors import ApiError, Conflict, Invalid, NotFound, NotReached, Refused, Unavailable, Unreachable
from inferops.errors import InferopsError


class Failure(click.ClickException):
    """Ends the command."""

    exit_code = 1

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


class Senseless(Failure):
    """The API says that a value makes no sense."""

    exit_code = 2


class Absent(Failure):
    """No such object."""

    exit_code = 3


class Denied(Failure):
    """Not with this key."""

    exit_code = 4


class Contested(Failure):
    """Conflict."""

    exit_code = 5


class Away(Failure):
    """No answer, or not in time."""

    exit_code = 6


KINDS: dict[type[ApiError], type[Failure]] = {
    Invalid: Senseless,
    NotFound: Absent,
    Refused: Denied,
    Conflict: Contested,
    Unavailable: Away,
    Unreachable: Away,
    NotReached: Away,
}


def read_failure(error: InferopsError) -> Failure:
    """An error of the client, or of a profile."""
    if not isinstance(error, ApiError):
        return Failure(str(error))
    text = str(error)
    if error.status == httpx.codes.UNAUTHORIZED:
        text = f"{text.rstrip('.')}: `inferops login` takes another key"
    if error.request_id and error.status >= httpx.codes.INTERNAL_SERVER_ERROR:
        text += f" (request {error.request_id})"
    return KINDS.get(type(error), Failure)(text)


class RemoteCommand(click.Command):
    """A command whose errors are told so."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs it."""
        try:
            return super().invoke(ctx)
        except InferopsError as error:
            raise read_failure(error) from None
        except OSError as error:
            if error.errno == errno.EPIPE:  # who read has gone: click ends quietly
                raise
            raise Failure(f"{error.filename or ''}: {error.strerror or error}".removeprefix(": ")) from None


class RemoteGroup(click.Group):
    """A group of them."""

    command_class = RemoteCommand

"""The reference of the command line is that of the commands."""

from pathlib import Path

import click
import pytest

from inferops.cli.main import main
from inferops.cli.reference import REFERENCE, build_reference, walk

REPOSITORY = Path(__file__).resolve().parents[3]
COMMANDS = list(walk(main, "inferops"))


def test_the_reference_is_up_to_date() -> None:
    assert (REPOSITORY / REFERENCE).read_text() == build_reference(), "run python -m inferops.cli.reference"


@pytest.mark.parametrize("context", COMMANDS, ids=lambda context: context.command_path)
def test_a_command_and_its_options_say_what_they_do(context: click.Context) -> None:
    assert context.command.help
    silent = [each.name for each in context.command.params if isinstance(each, click.Option) and not each.help]
    assert set(silent) <= {"output"}, "an option without a text"

"""docs/reference/cli.md, from the commands themselves: `python -m inferops.cli.reference` writes it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from inferops.cli.main import main
from inferops.cli.remote import exits

REFERENCE = "docs/reference/cli.md"
HEADER = """# The command line

<!-- Generated from the commands by `python -m inferops.cli.reference`: change them there, then run it. -->

How it is used is told in [docs/cli.md](../cli.md). Every command knows `--help`.

## Exit status

{statuses}

`inferops explain` and `inferops doctor` end with 2 where there is nothing to judge. Ctrl-C ends with 130 or 1.

## Environment

| variable | meaning |
| --- | --- |
| `INFEROPS_URL`, `INFEROPS_API_KEY` | address of the gateway and a key of scope manage; come before the profile's |
| `INFEROPS_INFERENCE_KEY` | a key of scope inference for `chat` and `transcribe`, in place of the other |
| `INFEROPS_PROFILE` | the profile to use, in place of the current one |
| `XDG_CONFIG_HOME` | the profiles are in `inferops/config.yaml` there; default `~/.config` |
| `KUBECONFIG` | of `doctor` and `explain` |
| `INFEROPS_SETTINGS` | the settings file of the processes |
"""


WIDTH = 100
"""Characters of a line of help."""


def walk(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[click.Context]:
    """A context of the command and of each within it, in their order."""
    settings = {} if parent else main.context_settings
    context = click.Context(command, parent, info_name=name, terminal_width=WIDTH, **settings)
    yield context
    if isinstance(command, click.Group):
        for each in command.list_commands(context):
            if (child := command.get_command(context, each)) is not None:
                yield from walk(child, each, context)


def build_reference() -> str:
    """The whole page: the table of exits.py, then what each command says of itself."""
    statuses = (exits.__doc__ or "").partition("\n\n")[2].strip()
    parts = [HEADER.format(statuses=statuses)]
    for context in walk(main, "inferops"):
        text = "\n".join(line.rstrip() for line in context.command.get_help(context).splitlines())
        parts.append(f"## {context.command_path}\n\n```text\n{text}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    Path(*sys.argv[1:2], REFERENCE).write_text(build_reference())

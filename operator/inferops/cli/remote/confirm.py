"""What is to be said before something goes, or is changed that others keep."""

import sys

import click

yes_option = click.option("-y", "--yes", is_flag=True, help="Do not ask.")
force_option = click.option("--force", is_flag=True, help="Also where GitOps owns it.")


def confirm(question: str, yes: bool) -> None:
    """On a terminal the question, which ends the command unless it is answered with yes; programs must say --yes."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("there is nobody to ask: add --yes")
    click.confirm(question, abort=True, err=True)

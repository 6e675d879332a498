"""How `inferops explain` and `inferops doctor` print: aligned and marked for people, JSON for programs."""

import shutil
import sys
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import click
import orjson

from inferops.plan.report import Line, Mark, Section

SIGNS: dict[Mark, tuple[str, str | None]] = {
    Mark.OK: ("ok", "green"),
    Mark.WARNING: ("!", "yellow"),
    Mark.FAILURE: ("x", "red"),
    Mark.UNSEEN: ("?", "cyan"),
    Mark.NOTE: ("-", None),
}
SIGN_WIDTH = 2
WIDEST_SUBJECT = 36
NARROWEST_TEXT = 40


def print_json(answer: Mapping[str, Any], sections: Sequence[Section]) -> None:
    """One object: the answer's own fields, then `sections` of lines."""
    told = [{"title": section.title, "lines": [as_json(line) for line in section.lines]} for section in sections]
    click.echo(orjson.dumps({**answer, "sections": told}, option=orjson.OPT_INDENT_2).decode())


def as_json(line: Line) -> dict[str, str]:
    """One line."""
    told = {"mark": str(line.mark), "subject": line.subject, "text": line.text}
    return told | ({"action": line.action} if line.action else {})


def print_sections(sections: Sequence[Section]) -> None:
    """Sections with something in them. A terminal gets colours and rows of its width, a pipe neither."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for section in (section for section in sections if section.lines):
        click.secho(f"\n{section.title}", bold=True)
        column = min(max(len(line.subject) for line in section.lines), WIDEST_SUBJECT)
        for line in section.lines:
            print_line(line, column, width)


def print_line(line: Line, column: int, width: int | None) -> None:
    """Mark, subject, text; below the text what to do, where it does not say so itself."""
    sign, colour = SIGNS[line.mark]
    margin = " " * (SIGN_WIDTH + 6 + column)
    texts = [line.text]
    if line.action and line.action not in line.text:
        texts.append(f"-> {line.action}")
    first, *others = [row for text in texts for row in wrap(text, width, len(margin))] or [""]
    mark = click.style(f"{sign:<{SIGN_WIDTH}}", fg=colour)
    head = f"  {mark}  {click.style(f'{line.subject:<{column}}', bold=True)}"
    if len(line.subject) > column:  # a long name has the row for itself
        click.echo(head)
        head = " " * (len(margin) - 2)
    click.echo(f"{head}  {first}")
    for row in others:
        click.echo(margin + row)


def wrap(text: str, width: int | None, margin: int) -> list[str]:
    """Rows of the terminal's width; without a terminal one row, so that a search finds whole sentences."""
    flat = " ".join(text.split())
    if width is None:
        return [flat]
    return textwrap.wrap(flat, max(width - margin, NARROWEST_TEXT), break_long_words=False, break_on_hyphens=False)

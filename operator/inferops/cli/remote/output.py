"""What commands print: tables for people; JSON, YAML and bare ids for programs, with the fields of the REST API."""

import sys
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple, TypeVar

import click
import orjson
import yaml
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

Format = Literal["table", "json", "yaml", "name"]
T = TypeVar("T", bound=BaseModel)
UNLIMITED = 10_000
"""Width of a table that no terminal shows: a search finds whole values."""
output_option = click.option(
    "-o", "--output", type=click.Choice(["table", "json", "yaml", "name"]), default="table", show_default=True
)


class Column(NamedTuple):
    """One column, or one row of a single object."""

    title: str
    read: Callable[[Any], Any]
    right: bool = False
    """Numbers that are compared stand below each other."""


def print_list(objects: Sequence[T], columns: Sequence[Column], output: Format, name: Callable[[T], str]) -> None:
    """A row for each."""
    if output == "name":
        for each in objects:
            click.echo(name(each))
    elif output == "table":
        print_table(objects, columns)
    else:
        print_data([each.model_dump(mode="json", by_alias=True) for each in objects], output)


def print_one(obj: T, columns: Sequence[Column], output: Format, name: Callable[[T], str]) -> None:
    """A line for each field."""
    if output == "name":
        click.echo(name(obj))
    elif output == "table":
        rows = [(column.title.capitalize(), write_cell(column.read(obj))) for column in columns]
        width = max(len(title) for title, _ in rows) + 2
        for title, text in rows:
            lines = text.splitlines() or [""]
            click.echo(f"{title + ':':<{width}}{lines[0]}".rstrip())
            for line in lines[1:]:
                click.echo(f"{'':<{width}}{line}")
    else:
        print_data(obj.model_dump(mode="json", by_alias=True), output)


def print_data(data: Any, output: Format) -> None:
    """As JSON or YAML."""
    if output == "yaml":
        click.echo(yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120), nl=False)
    else:
        click.echo(orjson.dumps(data, option=orjson.OPT_INDENT_2).decode())


def print_table(objects: Sequence[Any], columns: Sequence[Column]) -> None:
    """Aligned; a terminal gets rows of its width, a pipe whole values."""
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.title, overflow="fold", justify="right" if column.right else "left")
    for each in objects:
        table.add_row(*(write_cell(column.read(each)) for column in columns))
    console = Console(width=None if sys.stdout.isatty() else UNLIMITED, highlight=False, markup=False, emoji=False)
    with console.capture() as capture:
        console.print(table)
    for line in capture.get().splitlines():
        click.echo(line.rstrip())


def write_cell(value: Any) -> str:
    """A value for people."""
    if value is None or value in ([], ""):
        return "-"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return clean(str(value))


def clean(text: str) -> str:
    """Without control characters, by which others' texts could command a terminal."""
    return "".join(char for char in text if char.isprintable() or char in "\n\t")

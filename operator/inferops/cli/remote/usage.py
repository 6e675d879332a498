"""`inferops usage`, `spend`, `prices`: who used what, and what it cost."""

import csv
import sys
from collections.abc import Sequence
from typing import Literal

import click

from inferops.cli.remote.exits import RemoteCommand
from inferops.cli.remote.output import Format, output_option, print_data, print_list, print_table
from inferops.cli.remote.session import Session, with_session
from inferops.cli.remote.usage_columns import BUDGET_COLUMNS, PRICE_COLUMNS, SPEND_COLUMNS, Line, choose_columns
from inferops.client.resources.usage import Only
from inferops.rest.usage import Dimension, Every, UsageReport

DIMENSIONS: tuple[Dimension, ...] = ("key", "model", "instance", "region")
Exported = Literal["records", "hours", "replicas"]


def read_by(_: click.Context, option: click.Parameter, text: str | None) -> Sequence[Dimension]:
    """`key,model`."""
    names = [name.strip() for name in (text or "").split(",") if name.strip()]
    for name in names:
        if name not in DIMENSIONS:
            raise click.BadParameter(f'"{name}" is none of {", ".join(DIMENSIONS)}', param=option)
    return [each for each in DIMENSIONS if each in names]


@click.command(cls=RemoteCommand)
@click.option("--by", callback=read_by, help="A row for each: key, model, instance, region; several with commas.")
@click.option(
    "--every", type=click.Choice(["hour", "day", "month", "total"]), default="total", show_default=True, help="Of UTC."
)
@click.option("--from", "start", help="Date or moment, UTC without an offset. Default: the beginning of this month.")
@click.option("--to", "end", help="Until before this moment. Default: now.")
@click.option("--key", help="Only this key; several with commas, here and below.")
@click.option("--model", help="Only this model, by the name that requests carry.")
@click.option("--instance", help="Only this instance.")
@click.option("--region", help="Only this region.")
@click.option("--csv", "as_csv", is_flag=True, help="The rows as CSV, money exact.")
@click.option(
    "--export",
    "exported",
    type=click.Choice(["records", "hours", "replicas"]),
    help="Everything the ledger has: single requests, their hourly sums, times of replicas; CSV, or JSON Lines with"
    " -o json.",
)
@output_option
@with_session
def usage(
    session: Session,
    *,
    by: Sequence[Dimension],
    every: Every,
    start: str | None,
    end: str | None,
    as_csv: bool,
    exported: Exported | None,
    output: Format,
    **names: str | None,
) -> None:
    """Tell what was used, and what it cost by tokens and by the time of replicas."""
    only = Only(**names)
    if exported and (by or every != "total"):
        raise click.UsageError("--export has no rows to group: leave out --by and --every")
    with session.open() as client:
        if exported:
            for piece in client.usage.export(exported, "jsonl" if output == "json" else "csv", start, end, only):
                click.echo(piece, nl=False)
            return
        report = client.usage.report(by, every, start, end, only)
    if as_csv:
        write_csv(report, by)
    elif output == "table":
        print_report(report, by)
    else:
        print_data(report.model_dump(mode="json", by_alias=True), output)


def print_report(report: UsageReport, by: Sequence[Dimension]) -> None:
    """The rows, and below them their sum."""
    lines = [Line(row) for row in report.rows]
    totals = [Line(row, total=True) for row in report.totals]
    grouped = bool(by) or report.every != "total"
    print_table([*(lines if grouped else []), *totals], choose_columns(report, by))


def write_csv(report: UsageReport, by: Sequence[Dimension]) -> None:
    """Rows with the fields of the REST API; dimensions that were not asked for are left out."""
    rows = [row.model_dump(mode="json", by_alias=True) for row in report.rows]
    hidden = set(DIMENSIONS) - set(by)
    names = [name for name in report.totals[0].model_dump(by_alias=True) if name not in hidden]
    writer = csv.DictWriter(sys.stdout, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


@click.command(cls=RemoteCommand)
@output_option
@with_session
def spend(session: Session, output: Format) -> None:
    """Tell what was spent today and in this month (UTC), and what is left of budgets."""
    with session.open() as client:
        found = client.usage.spend()
    if output != "table":
        print_data(found.model_dump(mode="json", by_alias=True), output)
        return
    currency = found.currency_code
    print_table([("today", found.day, currency), ("this month", found.month, currency)], SPEND_COLUMNS)
    if found.budgets:
        click.echo()
        print_table(found.budgets, BUDGET_COLUMNS)


@click.command(cls=RemoteCommand)
@click.argument("name", required=False)
@click.option("--kind", type=click.Choice(["Model", "Hardware"]), help="Only those.")
@output_option
@with_session
def prices(session: Session, name: str | None, kind: Literal["Model", "Hardware"] | None, output: Format) -> None:
    """List which price was in force since when, of everything or of what is called NAME."""
    with session.open() as client:
        print_list(client.usage.prices(kind, name), PRICE_COLUMNS, output, lambda each: each.name)

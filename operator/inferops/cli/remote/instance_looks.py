"""`inferops instances logs`, `events`, `explain`: why an instance is as it is."""

import sys
from datetime import UTC, datetime
from typing import Any

import click
import orjson

from inferops.cli.remote.exits import RemoteCommand
from inferops.cli.remote.instance_columns import EVENT_COLUMNS
from inferops.cli.remote.moments import read_moment
from inferops.cli.remote.output import Format, output_option, print_data, print_list, write_cell
from inferops.cli.remote.regions import find_region
from inferops.cli.remote.session import Session, instance_id, with_session
from inferops.rest.logs import LogLine

SIGNS = {"failure": ("x", "red"), "warning": ("!", "yellow"), "note": ("-", None)}


@click.command(cls=RemoteCommand)
@instance_id
@click.option("-f", "--follow", is_flag=True, help="Go on as they are written; Ctrl-C ends.")
@click.option("--pod", help="Only this pod's.")
@click.option("--region", help="Only this region's, by id or name.")
@click.option("--tail", type=click.IntRange(0), help="The last lines of all pods together. Default: 100.")
@click.option("--since", help="Only those after a moment, or of the last 10m.")
@click.option("--previous", is_flag=True, help="Of the containers before their last restart; not with --follow.")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@with_session
def logs(session: Session, id: str, follow: bool, region: str | None, **options: Any) -> None:  # noqa: A002
    """Print what an instance's pods wrote; as JSON one object in a line."""
    if follow and options["previous"]:
        raise click.UsageError("--previous excludes --follow: what ended writes no more")
    since = read_moment("--since", options["since"], datetime.now(UTC), ago=True) if options["since"] else None
    with session.open() as client:
        named = None
        if region is not None:
            named = find_region([] if region.isdecimal() else client.regions.list(), region)
        asked: dict[str, Any] = {"pod": options["pod"], "region_id": named, "tail": options["tail"], "since": since}
        try:
            if follow:
                lines = client.instances.follow_logs(id, **asked)
            else:
                lines = iter(client.instances.logs(id, **asked, previous=options["previous"] or None))
            for line in lines:
                print_line(line, options["output"])
        except KeyboardInterrupt:
            sys.exit(130)


def print_line(line: LogLine, output: str) -> None:
    """At once, also into a pipe; escape sequences of others' programs stay without effect."""
    if output == "json":
        click.echo(orjson.dumps(line.model_dump(mode="json", by_alias=True)))
    else:
        click.echo(f"{line.pod}  {write_cell(line.message)}")
    sys.stdout.flush()


@click.command(cls=RemoteCommand)
@instance_id
@output_option
@with_session
def events(session: Session, id: str, output: Format) -> None:  # noqa: A002 - its name in the API
    """List what happened to an instance and its objects."""
    with session.open() as client:
        print_list(client.instances.events(id), EVENT_COLUMNS, output, lambda event: event.object)


@click.command(cls=RemoteCommand)
@instance_id
@click.option("-o", "--output", type=click.Choice(["text", "json", "yaml"]), default="text", show_default=True)
@with_session
def explain(session: Session, id: str, output: str) -> None:  # noqa: A002 - its name in the API
    """Say why an instance is ready or not, and what to do next.

    Exit status 1 where something stands in the way of an answer. `inferops explain` says more, and needs a kubeconfig.
    """
    with session.open() as client:
        told = client.instances.explain(id)
    if output == "text":
        for finding in told.findings:
            sign, colour = SIGNS[finding.severity]
            click.echo(f"{click.style(sign, fg=colour)}  {click.style(finding.what, bold=True)}: {finding.why}")
            if finding.mend and finding.mend not in finding.why:
                click.echo(f"   -> {finding.mend}")
        click.secho(f"Next: {told.summary}", bold=True)
    else:
        print_data(told.model_dump(mode="json", by_alias=True), "json" if output == "json" else "yaml")
    sys.exit(0 if told.ready else 1)

"""`inferops instances`: models that answer."""

from contextlib import nullcontext
from typing import Any

import click

from inferops.cli.remote.bodies import build_body, read_fields
from inferops.cli.remote.confirm import confirm, force_option, yes_option
from inferops.cli.remote.exits import RemoteGroup
from inferops.cli.remote.instance_bodies import build_fields, instance_flags
from inferops.cli.remote.instance_columns import COLUMNS, DETAIL_COLUMNS
from inferops.cli.remote.instance_looks import events, explain, logs
from inferops.cli.remote.output import Format, output_option, print_list, print_one
from inferops.cli.remote.progress import wait as wait_for
from inferops.cli.remote.progress import watch
from inferops.cli.remote.regions import find_only_region, find_region
from inferops.cli.remote.session import Session, instance_id, with_session
from inferops.client import Client, NotReached
from inferops.client.waiting import SERVES
from inferops.rest.instances import InstanceCreate, InstancePatch

STOPPED = frozenset({"DISABLED"})
LONGEST_WAIT = 600
"""Seconds; what the API allows."""
wait_option = click.option("--wait", is_flag=True, help="Until it is so, with its progress on standard error.")
timeout_option = click.option("--timeout", type=float, default=600, show_default=True, help="Seconds to --wait.")
dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Change nothing: print the custom resource that would be, in YAML."
)
file_option = click.option("-f", "--file", help="Fields of the REST API in YAML or JSON; - is standard input.")


@click.group(cls=RemoteGroup)
def instances() -> None:
    """List, create, change, start, stop, delete and look at instances."""


for look in (logs, events, explain):
    instances.add_command(look)


@instances.command("list")
@click.option("--status", help="Only those: ACTIVE, DEPLOYING, PENDING (asleep), DISABLED (stopped), ERROR, ...")
@click.option("--model", help="Only those of this model.")
@click.option("--hardware", help="Only those on this hardware.")
@click.option("--region", help="Only those in this region, by id or name.")
@output_option
@with_session
def list_(session: Session, output: Format, region: str | None, **filters: str | None) -> None:
    """List the instances."""
    with session.open() as client:
        found = client.instances.list(
            status=filters["status"],
            model_id=filters["model"],
            hardware_id=filters["hardware"],
            region_id=find_regions(client, [region])[0] if region else None,
        )
        print_list(found, COLUMNS, output, lambda instance: instance.id)


@instances.command()
@instance_id
@output_option
@with_session
def get(session: Session, id: str, output: Format) -> None:  # noqa: A002 - its name in the API
    """Show one instance."""
    with session.open() as client:
        print_one(client.instances.get(id), DETAIL_COLUMNS, output, lambda instance: instance.id)


@instances.command()
@instance_id
@with_session
def manifest(session: Session, id: str) -> None:  # noqa: A002 - its name in the API
    """Print the custom resource of an instance in YAML, for kubectl or Git."""
    with session.open() as client:
        click.echo(client.instances.manifest(id), nl=False)


@instances.command()
@click.argument("name", required=False)
@file_option
@instance_flags
@dry_run_option
@wait_option
@timeout_option
@output_option
@with_session
def create(session: Session, name: str | None, output: Format, **flags: Any) -> None:
    """Create an instance of what flags and file say; a flag comes before the file.

    A region need not be named where there is but one.
    """
    written = read_fields(flags["file"]) if flags["file"] else {}
    with session.open() as client:
        placed = flags["regions"] or "autoScalingConfigurations" in written
        regions = find_regions(client, flags["regions"]) if placed else find_only_region(client.regions.list())
        fields = {**written, **build_fields(flags, regions)}
        if name:
            fields["name"] = name
        body = build_body(InstanceCreate, fields)
        if flags["dry_run"]:
            click.echo(client.instances.plan(body), nl=False)
            return
        made = client.instances.create(body)
        if flags["wait"]:
            made = wait_for(client, made.id, flags["timeout"])
        print_one(made, COLUMNS, output, lambda instance: instance.id)


@instances.command()
@instance_id
@file_option
@instance_flags
@click.option("--unset", multiple=True, metavar="FIELD", help="A field of the REST API to set to its default.")
@force_option
@dry_run_option
@wait_option
@timeout_option
@output_option
@with_session
def update(session: Session, id: str, output: Format, **flags: Any) -> None:  # noqa: A002 - its name in the API
    """Change what flags and file name; the rest stays as it is.

    Variables and keys are added, and NAME- removes a variable. Scaling flags change the regions that --region names, or
    all.
    """
    written = read_fields(flags["file"]) if flags["file"] else {}
    with session.open() as client:
        regions = find_regions(client, flags["regions"])
        version = client.instances.version(id)  # flags add to what is there: that must be the newest
        fields = {**written, **dict.fromkeys(flags["unset"]), **build_fields(flags, regions, client.instances.get(id))}
        if not fields:
            raise click.UsageError("nothing to change: name a flag, --unset FIELD or --file")
        body, seconds = build_body(InstancePatch, fields), 0
        if flags["dry_run"]:
            click.echo(client.instances.plan_update(id, body, if_match=version, force=flags["force"]), nl=False)
            return
        if flags["wait"]:
            seconds = min(int(flags["timeout"]), LONGEST_WAIT)
        with watch(client, id) if seconds else nullcontext():
            changed = client.instances.update(id, body, if_match=version, force=flags["force"], wait=seconds)
        print_one(changed, COLUMNS, output, lambda instance: instance.id)
        if seconds and changed.status not in SERVES | STOPPED:
            raise NotReached(f"{id} is {changed.status} after the change: `inferops instances explain {id}` tells why")


@instances.command()
@instance_id
@force_option
@wait_option
@timeout_option
@with_session
def start(session: Session, id: str, force: bool, wait: bool, timeout: float) -> None:  # noqa: A002
    """Run a stopped instance."""
    with session.open() as client:
        client.instances.start(id, force=force)
        if wait:
            wait_for(client, id, timeout)


@instances.command()
@instance_id
@force_option
@wait_option
@timeout_option
@with_session
def stop(session: Session, id: str, force: bool, wait: bool, timeout: float) -> None:  # noqa: A002
    """End all replicas, and refuse requests."""
    with session.open() as client:
        client.instances.stop(id, force=force)
        if wait:
            wait_for(client, id, timeout, STOPPED)


@instances.command()
@instance_id
@yes_option
@force_option
@with_session
def delete(session: Session, id: str, yes: bool, force: bool) -> None:  # noqa: A002 - its name in the API
    """Delete an instance and all that belongs to it."""
    confirm(f"Delete instance {id}?", yes)
    with session.open() as client:
        client.instances.delete(id, force=force)


def find_regions(client: Client, named: list[str]) -> list[int]:
    """Ids of regions; asks for their names only where one is given."""
    known = client.regions.list() if any(not name.isdecimal() for name in named) else []
    return [find_region(known, name) for name in named]

"""`inferops crds`: the custom resource definitions of this very version, for upgrades and GitOps."""

import asyncio

import click

from inferops.cluster.client import Client
from inferops.cluster.connection import read_connection
from inferops.names import FIELD_MANAGER
from inferops.specs import KINDS
from inferops.specs.crd import build_crd, dump

DELETED_DELAY = 2.0
"""Seconds between tries while the API server deletes a definition."""


@click.group()
def crds() -> None:
    """The custom resource definitions of this version."""


@crds.command()
def show() -> None:
    """Print them as YAML."""
    click.echo("---\n".join(dump(build_crd(kind)) for kind in KINDS), nl=False)


@crds.command()
def apply() -> None:
    """Install or upgrade them; resources that exist stay as they are."""
    asyncio.run(apply_crds())


async def apply_crds() -> None:
    """Server-side apply of each; again, where one is being deleted, since what is applied to that goes with it."""
    async with Client(read_connection()) as client:
        for kind in KINDS:
            crd = build_crd(kind)
            name = crd["metadata"]["name"]
            while "deletionTimestamp" in (await client.apply(crd, manager=f"{FIELD_MANAGER}-crds"))["metadata"]:
                click.echo(f"{name} is being deleted; waiting for that", err=True)
                await asyncio.sleep(DELETED_DELAY)
            click.echo(f"{name} applied")

"""`inferops crds`: the custom resource definitions of this very version, for upgrades and GitOps."""

import asyncio

import click

from inferops.cluster.client import Client
from inferops.cluster.connection import read_connection
from inferops.names import FIELD_MANAGER
from inferops.specs import KINDS
from inferops.specs.crd import build_crd, dump


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
    """Server-side apply of each."""
    async with Client(read_connection()) as client:
        for kind in KINDS:
            applied = await client.apply(build_crd(kind), manager=f"{FIELD_MANAGER}-crds")
            click.echo(f"{applied['metadata']['name']} applied")

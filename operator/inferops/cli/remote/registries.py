"""`inferops registries`: where images come from."""

import sys

import click
from pydantic import SecretStr

from inferops.cli.remote.bodies import build_body
from inferops.cli.remote.confirm import confirm, yes_option
from inferops.cli.remote.exits import RemoteGroup
from inferops.cli.remote.output import Column, Format, output_option, print_list, print_one
from inferops.cli.remote.session import Session, registry_id, with_session
from inferops.rest.registries import RegistryCreate, RegistryPatch

COLUMNS = (
    Column("ID", lambda registry: registry.id),
    Column("NAME", lambda registry: registry.name),
    Column("URL", lambda registry: registry.url),
    Column("CREATED", lambda registry: f"{registry.created_at:%Y-%m-%d %H:%M}"),
)
DETAIL_COLUMNS = (*COLUMNS[:3], Column("USERNAME", lambda registry: registry.username), COLUMNS[3])


@click.group(cls=RemoteGroup)
def registries() -> None:
    """List, create, change and delete registries."""


@registries.command("list")
@output_option
@with_session
def list_(session: Session, output: Format) -> None:
    """List the registries."""
    with session.open() as client:
        print_list(client.registries.list(), COLUMNS, output, lambda registry: registry.id)


@registries.command()
@registry_id
@output_option
@with_session
def get(session: Session, id: str, output: Format) -> None:  # noqa: A002 - its name in the API
    """Show one registry; its password is shown nowhere."""
    with session.open() as client:
        print_one(client.registries.get(id), DETAIL_COLUMNS, output, lambda registry: registry.id)


@registries.command()
@click.argument("name")
@click.option("--registry-url", "address", required=True, help="Host of a registry, or an image reference.")
@click.option("--username", help="Of an account there; the password is asked for, or read from standard input.")
@output_option
@with_session
def create(session: Session, name: str, address: str, username: str | None, output: Format) -> None:
    """Create a registry."""
    fields = {"name": name, "url": address}
    if username is not None:
        fields |= {"username": username, "password": read_password()}
    body = build_body(RegistryCreate, fields)
    with session.open() as client:
        print_one(client.registries.create(body), DETAIL_COLUMNS, output, lambda registry: registry.id)


@registries.command()
@registry_id
@click.option("--registry-url", "address", help="A new address.")
@click.option("--username", help="Another account; its password is asked for, or read from standard input.")
@click.option("--password", "ask", is_flag=True, help="A new password: asked for, or read from standard input.")
@click.option("--open", "opened", is_flag=True, help="No account any more.")
@with_session
def update(
    session: Session,
    id: str,  # noqa: A002 - its name in the API
    address: str | None,
    username: str | None,
    ask: bool,
    opened: bool,
) -> None:
    """Change what is named."""
    if opened and (username or ask):
        raise click.UsageError("--open excludes --username and --password")
    fields: dict[str, str | None] = {"url": address} if address is not None else {}
    if opened:
        fields |= {"username": None, "password": None}
    if username is not None:
        fields["username"] = username
    if username is not None or ask:
        fields["password"] = read_password()
    if not fields:
        raise click.UsageError("nothing to change: name --registry-url, --username, --password or --open")
    with session.open() as client:
        client.registries.update(id, build_body(RegistryPatch, fields))


@registries.command()
@registry_id
@yes_option
@with_session
def delete(session: Session, id: str, yes: bool) -> None:  # noqa: A002 - its name in the API
    """Delete a registry."""
    confirm(f"Delete registry {id}?", yes)
    with session.open() as client:
        client.registries.delete(id)


def read_password() -> str:
    """Never an option: command lines are seen by others."""
    text = click.prompt("Password", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline()
    return SecretStr(text.rstrip("\r\n")).get_secret_value()

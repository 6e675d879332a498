"""`inferops registries`: where images come from."""

import sys
from pathlib import Path
from typing import Any

import click
from pydantic import SecretStr

from inferops.cli.remote.bodies import build_body
from inferops.cli.remote.confirm import confirm, force_option, yes_option
from inferops.cli.remote.exits import RemoteGroup
from inferops.cli.remote.output import Column, Format, output_option, print_list, print_one
from inferops.cli.remote.session import Session, registry_id, with_session
from inferops.rest.registries import RegistryCreate, RegistryPatch

NONE = "none"
COLUMNS = (
    Column("ID", lambda registry: registry.id),
    Column("NAME", lambda registry: registry.name),
    Column("URL", lambda registry: registry.url),
    Column("STATUS", lambda registry: registry.status),
    Column("CREATED", lambda registry: f"{registry.created_at:%Y-%m-%d %H:%M}"),
)
DETAIL_COLUMNS = (
    *COLUMNS[:4],
    Column("MESSAGE", lambda registry: registry.message),
    Column("CHECKED", lambda registry: f"{registry.checked_at:%Y-%m-%d %H:%M}" if registry.checked_at else None),
    Column("USERNAME", lambda registry: registry.username),
    Column("INSECURE", lambda registry: "yes" if registry.insecure else "no"),
    Column("AUTHORITY", lambda registry: "its own" if registry.ca_bundle else "public"),
    COLUMNS[4],
)
ca_option = click.option("--ca", metavar="FILE|none", help="PEM certificates of its own authority.")


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
@ca_option
@click.option(
    "--insecure", is_flag=True, default=None, help="It speaks plain HTTP, or its certificate is not to be looked at."
)
@output_option
@with_session
def create(session: Session, name: str, address: str, username: str | None, output: Format, **flags: Any) -> None:
    """Create a registry."""
    fields = {"name": name, "url": address, **build_trust(flags["ca"], flags["insecure"])}
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
@ca_option
@click.option("--insecure/--secure", default=None, help="As at create, or with TLS and a good certificate.")
@force_option
@with_session
def update(
    session: Session,
    id: str,  # noqa: A002 - its name in the API
    address: str | None,
    username: str | None,
    **flags: Any,
) -> None:
    """Change what is named."""
    if flags["opened"] and (username or flags["ask"]):
        raise click.UsageError("--open excludes --username and --password")
    fields = build_trust(flags["ca"], flags["insecure"])
    if address is not None:
        fields["url"] = address
    if flags["opened"]:
        fields |= {"username": None, "password": None}
    if username is not None:
        fields["username"] = username
    if username is not None or flags["ask"]:
        fields["password"] = read_password()
    if not fields:
        raise click.UsageError("nothing to change: name a flag")
    with session.open() as client:
        client.registries.update(id, build_body(RegistryPatch, fields), force=flags["force"])


@registries.command()
@registry_id
@yes_option
@force_option
@with_session
def delete(session: Session, id: str, yes: bool, force: bool) -> None:  # noqa: A002 - its name in the API
    """Delete a registry."""
    confirm(f"Delete registry {id}?", yes)
    with session.open() as client:
        client.registries.delete(id, force=force)


def build_trust(ca: str | None, insecure: bool | None) -> dict[str, Any]:
    """Fields on the wire that flags name."""
    fields: dict[str, Any] = {"insecure": insecure} if insecure is not None else {}
    if ca is not None:
        fields["caBundle"] = None if ca == NONE else read_certificates(ca)
    return fields


def read_certificates(file: str) -> str:
    """The text of a PEM file."""
    try:
        return Path(file).read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no certificates in PEM"
        raise click.UsageError(f"{file}: {reason}") from None


def read_password() -> str:
    """Never an option: command lines are seen by others."""
    text = click.prompt("Password", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline()
    return SecretStr(text.rstrip("\r\n")).get_secret_value()

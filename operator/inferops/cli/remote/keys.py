"""`inferops keys`: who may call instances, and who may use the REST API."""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import click

from inferops.cli.remote.bodies import build_body
from inferops.cli.remote.confirm import confirm, force_option, yes_option
from inferops.cli.remote.exits import Failure, RemoteGroup
from inferops.cli.remote.moments import read_moment
from inferops.cli.remote.output import Column, Format, output_option, print_list, print_one
from inferops.cli.remote.session import Session, key_id, with_session
from inferops.rest.keys import Key, KeyCreate, KeyPatch, KeyRotation, KeyWithSecret

COLUMNS = (
    Column("ID", lambda key: key.id),
    Column("NAME", lambda key: key.name),
    Column("SCOPES", lambda key: key.scopes),
    Column("PREFIX", lambda key: key.prefix),
    Column("STATUS", lambda key: key.status),
    Column("EXPIRES", lambda key: f"{key.expires_at:%Y-%m-%d %H:%M}" if key.expires_at else "never"),
    Column("INSTANCES", lambda key: key.instance_ids),
)
DETAIL_COLUMNS = (
    *COLUMNS[:5],
    Column("MESSAGE", lambda key: key.message),
    COLUMNS[5],
    Column("REQUESTS/MIN", lambda key: key.limits.requests_per_minute or "unlimited"),
    Column("TOKENS/MIN", lambda key: key.limits.tokens_per_minute or "unlimited"),
    Column("BUDGET", lambda key: f"{key.budget.amount} in a {key.budget.period}" if key.budget else "unlimited"),
    Column("INSTANCES", lambda key: key.instance_ids),
    Column("DESCRIPTION", lambda key: key.description),
)
SECRET_COLUMNS = (*COLUMNS[:3], Column("KEY", lambda key: key.secret))
FLAGS = (
    click.option("--description", help="A note for people."),
    click.option(
        "--scope", "scopes", multiple=True, type=click.Choice(["inference", "manage"]), help="May be repeated."
    ),
    click.option("--expires", metavar="MOMENT", help="Such as 90d (from now), 2030-01-01 or 2030-01-01T12:00:00Z."),
    click.option("--requests-per-minute", "requests", type=int, help="Over all instances."),
    click.option("--tokens-per-minute", "tokens", type=int, help="Over all instances."),
    click.option("--budget", metavar="AMOUNT/PERIOD", help="Such as 25/month or 2.50/day."),
    click.option("--overlap", type=int, metavar="SECONDS", help="For which a replaced key goes on to open."),
)


def key_flags(command: Any) -> Any:
    """All flags that say something of a key."""
    for flag in reversed(FLAGS):
        command = flag(command)
    return command


def build_fields(flags: Mapping[str, Any], before: Key | None = None) -> dict[str, Any]:
    """Fields on the wire that flags name; a limit that is not named stays as it was."""
    expires = flags["expires"] and read_moment("--expires", flags["expires"], datetime.now(UTC))
    named = {"description": flags["description"], "expiresAt": expires, "rotationOverlap": flags["overlap"]}
    fields: dict[str, Any] = {field: value for field, value in named.items() if value is not None}
    if flags["scopes"]:
        fields["scopes"] = list(dict.fromkeys(flags["scopes"]))
    if flags["budget"]:
        amount, _, period = flags["budget"].partition("/")
        fields["budget"] = {"amount": amount, "period": period}
    limits = {"requestsPerMinute": flags["requests"], "tokensPerMinute": flags["tokens"]}
    changed = {field: value for field, value in limits.items() if value is not None}
    if changed:
        kept = before.limits.model_dump(by_alias=True, exclude_none=True) if before else {}
        fields["limits"] = {**kept, **changed}
    return fields


@click.group(cls=RemoteGroup)
def keys() -> None:
    """List, create, change, rotate and delete API keys."""


@keys.command("list")
@output_option
@with_session
def list_(session: Session, output: Format) -> None:
    """List the keys, without their secrets."""
    with session.open() as client:
        print_list(client.keys.list(), COLUMNS, output, lambda key: key.id)


@keys.command()
@key_id
@output_option
@with_session
def get(session: Session, id: str, output: Format) -> None:  # noqa: A002 - its name in the API
    """Show one key, without its secret."""
    with session.open() as client:
        print_one(client.keys.get(id), DETAIL_COLUMNS, output, lambda key: key.id)


@keys.command()
@click.argument("name")
@key_flags
@output_option
@with_session
def create(session: Session, name: str, output: Format, **flags: Any) -> None:
    """Create a key. Its secret is shown this one time."""
    body = build_body(KeyCreate, {"name": name, **build_fields(flags)})
    with session.open() as client:
        show_secret(client.keys.create(body), output)


@keys.command()
@key_id
@key_flags
@click.option("--disable/--enable", "disabled", default=None, help="Whether it opens nothing.")
@click.option("--unset", multiple=True, metavar="FIELD", help="description, expiresAt, limits or budget: none.")
@force_option
@output_option
@with_session
def update(session: Session, id: str, output: Format, **flags: Any) -> None:  # noqa: A002 - its name in the API
    """Change what is named."""
    with session.open() as client:
        fields = {**dict.fromkeys(flags["unset"]), **build_fields(flags, client.keys.get(id))}
        if flags["disabled"] is not None:
            fields["disabled"] = flags["disabled"]
        if not fields:
            raise click.UsageError("nothing to change: name a flag, or --unset FIELD")
        changed = client.keys.update(id, build_body(KeyPatch, fields), force=flags["force"])
        print_one(changed, DETAIL_COLUMNS, output, lambda key: key.id)


@keys.command()
@key_id
@click.option("--overlap", type=int, metavar="SECONDS", help="For which the old one goes on to open.")
@force_option
@output_option
@with_session
def rotate(session: Session, id: str, overlap: int | None, force: bool, output: Format) -> None:  # noqa: A002
    """Make a new secret in place of the old one; it is shown this one time."""
    body = build_body(KeyRotation, {} if overlap is None else {"rotationOverlap": overlap})
    with session.open() as client:
        show_secret(client.keys.rotate(id, body, force=force), output)


@keys.command()
@key_id
@yes_option
@force_option
@with_session
def delete(session: Session, id: str, yes: bool, force: bool) -> None:  # noqa: A002 - its name in the API
    """Delete a key that no instance names."""
    confirm(f"Delete key {id}?", yes)
    with session.open() as client:
        client.keys.delete(id, force=force)


def show_secret(key: KeyWithSecret, output: Format) -> None:
    """To standard output; a person is told that it is the last time. Fails where the answer that had it was lost."""
    print_one(key, SECRET_COLUMNS, output, lambda each: each.id)
    if key.secret is None:
        raise Failure(f"the answer with the new key was lost on its way: `inferops keys rotate {key.id}` makes another")
    if output == "table" and sys.stdout.isatty():
        click.secho("Keep it now: nobody can show it again.", err=True, bold=True)

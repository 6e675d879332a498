"""`inferops login` and `inferops profile`: addresses and keys, kept for later commands."""

import os
import sys
from pathlib import Path

import click
from pydantic import BaseModel, SecretStr

from inferops.cli.remote.exits import Absent, RemoteCommand, RemoteGroup
from inferops.cli.remote.keyrings import forget_key, store_key
from inferops.cli.remote.output import Column, Format, output_option, print_list
from inferops.cli.remote.profiles import DEFAULT, Profile, Profiles, find_file, read_profiles, write_profiles
from inferops.cli.remote.session import PROFILE_VARIABLE, Session
from inferops.errors import nearest


@click.command(cls=RemoteCommand)
@click.option("--url", prompt="Address (such as https://api.example.com)", help="Address of the gateway.")
@click.option("--profile", default=DEFAULT, show_default=True, envvar=PROFILE_VARIABLE, help="Its name.")
@click.option("--ca", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="PEM of your own authority.")
@click.option("--store", type=click.Choice(["file", "keyring"]), default="file", show_default=True, help="For the key.")
def login(url: str, profile: str, ca: Path | None, store: str) -> None:
    """Keep an address and a key of scope manage, or of scope inference for chat and transcribe alone.

    The key is asked for, or read from standard input: `inferops login --url URL < key.txt`.
    """
    key = click.prompt("API key", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline()
    key, ca = key.strip(), ca.absolute() if ca else None
    with Session(url, SecretStr(key), ca).open() as client:
        me = client.me()
    file = find_file(os.environ)
    profiles = read_profiles(file)
    if store == "keyring":
        store_key(profile, key)
    kept = Profile(url=url.rstrip("/"), key=SecretStr(key) if store == "file" else None, ca=ca)
    write_profiles(file, Profiles(current=profile, profiles={**profiles.profiles, profile: kept}))
    click.echo(
        f'Logged in to {kept.url} as {me.namespace}/{me.name}, scopes {", ".join(me.scopes)} (profile "{profile}")'
    )


@click.group(cls=RemoteGroup)
def profile() -> None:
    """List, choose and forget profiles."""


class Listed(BaseModel):
    """A profile as it is shown: never with its key."""

    name: str
    url: str
    current: bool


@profile.command("list")
@output_option
def list_(output: Format) -> None:
    """List the profiles."""
    known = read_profiles(find_file(os.environ))
    rows = [Listed(name=name, url=each.url, current=name == known.current) for name, each in known.profiles.items()]
    columns = [
        Column("CURRENT", lambda row: "*" if row.current else " "),
        Column("NAME", lambda row: row.name),
        Column("URL", lambda row: row.url),
    ]
    print_list(rows, columns, output, lambda row: row.name)


@profile.command()
@click.argument("name")
def use(name: str) -> None:
    """Make NAME the profile of later commands."""
    file = find_file(os.environ)
    known = read_profiles(file)
    check(name, known)
    write_profiles(file, known.model_copy(update={"current": name}))


@profile.command()
@click.argument("name")
def delete(name: str) -> None:
    """Forget NAME and its key."""
    file = find_file(os.environ)
    known = read_profiles(file)
    check(name, known)
    forget_key(name)
    left = {key: value for key, value in known.profiles.items() if key != name}
    current = known.current if known.current in left else next(iter(left), DEFAULT)
    write_profiles(file, Profiles(current=current, profiles=left))


def check(name: str, known: Profiles) -> None:
    """There is such a profile."""
    if name not in known.profiles:
        raise Absent(f'there is no profile "{name}".{nearest(name, list(known.profiles))}')

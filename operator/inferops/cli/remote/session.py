"""What commands that go through the REST API have in common: the profile, the client, completion of ids."""

import os
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem
from pydantic import SecretStr

from inferops.cli.remote.keyrings import read_key
from inferops.cli.remote.profiles import Profile, find_file, read_profiles
from inferops.client import ApiError, Client
from inferops.client.connection import KEY_VARIABLE, URL_VARIABLE
from inferops.errors import InferopsError, SettingsError, nearest

PROFILE_VARIABLE = "INFEROPS_PROFILE"
COMPLETION_TIMEOUT = 2.0


@dataclass(frozen=True)
class Session:
    """The address and the key that a command uses."""

    url: str
    key: SecretStr
    ca: Path | None = None

    def open(self, timeout: float = 30, retries: int = 3) -> Client:
        """The client; a context manager."""
        return Client(self.url, self.key.get_secret_value(), timeout=timeout, retries=retries, verify=self.trust())

    def trust(self) -> ssl.SSLContext | bool:
        """The authorities that are believed."""
        if self.ca is None:
            return True
        try:
            return ssl.create_default_context(cafile=self.ca)
        except OSError as error:
            raise SettingsError(f"{self.ca}: no certificates in PEM ({error.strerror or error})") from None


def find_session(name: str | None, url: str | None, environment: Mapping[str, str]) -> Session:
    """The option comes first, then the environment, then the profile, whose key goes to its own address only. Raises
    SettingsError.
    """
    profiles = read_profiles(find_file(environment))
    chosen = name or environment.get(PROFILE_VARIABLE) or profiles.current
    profile = profiles.profiles.get(chosen)
    if profile is None and (name or environment.get(PROFILE_VARIABLE)):
        raise SettingsError(f'there is no profile "{chosen}".{nearest(chosen, list(profiles.profiles))}')
    where = url or environment.get(URL_VARIABLE) or (profile.url if profile else None)
    if not where:
        raise SettingsError(f"nobody is logged in: run `inferops login`, or set {URL_VARIABLE} and {KEY_VARIABLE}")
    key = environment.get(KEY_VARIABLE) or find_key(chosen, profile)
    if profile and where.rstrip("/") != profile.url and KEY_VARIABLE not in environment:
        told = f'the key of profile "{chosen}" is for {profile.url}'
        raise SettingsError(f"{told}: set {KEY_VARIABLE}, or `inferops login --url {where}`")
    if not key:
        raise SettingsError(f'profile "{chosen}" has no key: run `inferops login --profile {chosen}`')
    return Session(where, SecretStr(key), profile.ca if profile else None)


def find_key(name: str, profile: Profile | None) -> str | None:
    """The profile's: in its file, else in the keyring."""
    if profile and profile.key:
        return profile.key.get_secret_value()
    return read_key(name) if profile else None


def with_session(command: Callable[..., None]) -> Callable[..., None]:
    """The options that choose it; the command gets `session`."""

    @click.option("--profile", help=f"Profile to use. Default: ${PROFILE_VARIABLE}, else the current one.")
    @click.option("--url", help=f"Address of the API. Default: ${URL_VARIABLE}, else the profile's.")
    @wraps(command)
    def wrapped(*args: Any, profile: str | None, url: str | None, **kwargs: Any) -> None:
        command(*args, session=find_session(profile, url, os.environ), **kwargs)

    return wrapped


def complete(list_ids: Callable[[Client], list[str]]) -> Callable[..., list[CompletionItem]]:
    """Ids for the shell; nothing where there is no answer in two seconds: completion must not disturb."""

    def items(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
        try:
            params = context.params
            session = find_session(params.get("profile"), params.get("url"), os.environ)
            with session.open(COMPLETION_TIMEOUT, 0) as client:
                return [CompletionItem(each) for each in list_ids(client) if each.startswith(incomplete)]
        except (InferopsError, ApiError, OSError):
            return []

    return items


def list_instances(client: Client) -> list[str]:
    """Ids."""
    return [each.id for each in client.instances.list()]


instance_id = click.argument("id", metavar="ID", shell_complete=complete(list_instances))
instance_name = click.argument("name", shell_complete=complete(list_instances))
registry_id = click.argument("id", metavar="ID", shell_complete=complete(lambda c: [r.id for r in c.registries.list()]))
key_id = click.argument("id", metavar="ID", shell_complete=complete(lambda c: [k.id for k in c.keys.list()]))

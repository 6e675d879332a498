"""What commands that look at an installation have in common: the connection, and the settings that are in force."""

import os
from typing import NamedTuple

import click

from inferops.cluster.connection import Connection, read_connection
from inferops.cluster.inspector import Inspector
from inferops.errors import SettingsError
from inferops.settings import SETTINGS_VARIABLE, Settings, parse_settings, read_settings

SETTINGS_CONFIG_MAP = "inferops-settings"
SETTINGS_KEY = "settings.yaml"


class Cannot(click.ClickException):
    """Ends the command with status 2: there is nothing to judge."""

    exit_code = 2


class Installed(NamedTuple):
    """Settings, and why they are guessed where they are."""

    settings: Settings
    guessed: str = ""


def find_connection(context: str | None) -> Connection:
    """The cluster of the kubeconfig."""
    try:
        return read_connection(context)
    except SettingsError as error:
        raise Cannot(str(error)) from None


async def find_settings(inspector: Inspector, path: str | None, namespace: str) -> Installed:
    """Those of a file (in the processes' own pods there is one), else those of the installation in `namespace`, else
    the defaults.
    """
    try:
        if path or SETTINGS_VARIABLE in os.environ:
            return Installed(read_settings(path))
        seen = await inspector.see("ConfigMap", namespace, SETTINGS_CONFIG_MAP)
        if seen.first:
            text = (seen.first.get("data") or {}).get(SETTINGS_KEY, "")
            return Installed(parse_settings(text, f"ConfigMap {namespace}/{SETTINGS_CONFIG_MAP}"))
    except SettingsError as error:
        raise Cannot(str(error)) from None
    why = seen.refusal or f"there is no ConfigMap {SETTINGS_CONFIG_MAP} in namespace {namespace}"
    return Installed(Settings(namespace=namespace), f"{why}; the defaults are assumed, see --settings")

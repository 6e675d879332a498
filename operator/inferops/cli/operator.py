"""`inferops operator`: the process that turns our resources into Kubernetes objects."""

import asyncio
import os
import secrets
import socket
import sys

import click

from inferops.cli.logs import Style, configure_logging
from inferops.cluster.connection import read_connection
from inferops.errors import SettingsError
from inferops.handlers.reconcilers import RECONCILERS
from inferops.handlers.shell import run_operator
from inferops.settings import read_settings


@click.command()
@click.option("--context", help="Context of the kubeconfig; in a pod its service account is the default.")
@click.option("--log-format", type=click.Choice(["json", "plain"]), help="Default: plain on a terminal, else json.")
@click.option("--identity", help="Name of this replica in the Lease. Default: the host's, made unique outside a pod.")
def operator(context: str | None, log_format: Style | None, identity: str | None) -> None:
    """Turn InferenceInstances, Registries and ApiKeys into Kubernetes objects."""
    try:
        settings = read_settings()
        connection = read_connection(context)
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    configure_logging(settings.log_level, log_format)
    well = asyncio.run(run_operator(settings, connection, RECONCILERS, identity=identity or choose_identity()))
    sys.exit(0 if well else 1)


def choose_identity() -> str:
    """A pod's name is its own, also after a restart of its container, so it goes on at once; elsewhere two processes
    may share a host.
    """
    host = socket.gethostname()
    return host if "KUBERNETES_SERVICE_HOST" in os.environ else f"{host}-{secrets.token_hex(4)}"

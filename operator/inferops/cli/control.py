"""`inferops control`: the process that tells the gateway what to serve and KEDA when to scale."""

import asyncio
import sys

import click

from inferops.cli.logs import Style, configure_logging
from inferops.cli.operator import choose_identity
from inferops.cluster.connection import read_connection
from inferops.control.process import ControlProcess
from inferops.errors import SettingsError
from inferops.settings import read_settings


@click.command()
@click.option("--context", help="Context of the kubeconfig; in a pod its service account is the default.")
@click.option("--log-format", type=click.Choice(["json", "plain"]), help="Default: plain on a terminal, else json.")
@click.option("--identity", help="Name of this replica in the Lease. Default: the host's, made unique outside a pod.")
def control(context: str | None, log_format: Style | None, identity: str | None) -> None:
    """Tell the gateway what to serve, hold requests of sleeping instances, tell KEDA when to scale."""
    try:
        settings = read_settings()
        connection = read_connection(context)
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    configure_logging(settings.log_level, log_format)

    async def run() -> bool:
        return await ControlProcess(settings, connection, identity=identity or choose_identity()).run()

    sys.exit(0 if asyncio.run(run()) else 1)

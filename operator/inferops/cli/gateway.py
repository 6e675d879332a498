"""`inferops gateway-bootstrap`: the one file that the gateway's Envoy starts from."""

import socket
from pathlib import Path

import click

from inferops.errors import SettingsError
from inferops.gateway.bootstrap import BootstrapSettings, render_bootstrap
from inferops.settings import read_settings


@click.command()
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write; default: print it.")
@click.option("--control", help="Host of control's gRPC port; default: its Service in the settings' namespace.")
@click.option("--node", default=socket.gethostname, help="Name of this gateway replica; default: the host's.")
@click.option("--access-log", default="/dev/stdout", show_default=True, help="File of the JSON access log.")
def gateway_bootstrap(output: Path | None, control: str | None, node: str, access_log: str) -> None:
    """Print Envoy's static configuration: listeners, filters, access log, the way to control."""
    try:
        settings = read_settings()
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    bootstrap = BootstrapSettings(
        node=node,
        control_host=control or f"inferops-control.{settings.namespace}.svc",
        control_port=settings.gateway.xds_port,
        access_log=access_log,
    )
    text = render_bootstrap(bootstrap)
    if output is None:
        click.echo(text)
    else:
        output.write_text(text)

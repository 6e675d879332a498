"""`inferops gateway-bootstrap`: the files that the gateway's Envoy starts from."""

import logging
import shutil
import socket
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click
import yaml

from inferops.cli.certificates import find_faults
from inferops.cli.logs import configure_logging
from inferops.errors import SettingsError
from inferops.gateway.bootstrap import BootstrapSettings, render_bootstrap
from inferops.gateway.peers import build_files
from inferops.gateway.resources import MODULE
from inferops.gateway.tls import build_secret, secret_file
from inferops.names import CONTROL
from inferops.settings import read_settings

logger = logging.getLogger(__name__)

FILE = f"lib{MODULE}.so"
"""What Envoy loads: the crate gateway/, built. Images have it, the Python package does not."""
WHERE = "The image of inferops has it; from source: `cargo build --release` in the folder gateway"


@click.command()
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write; default: print it.")
@click.option("--node", default=socket.gethostname, help="Name of this gateway replica; default: the host's.")
@click.option("--memory", type=int, envvar="INFEROPS_MEMORY", help="Bytes that Envoy may use; default: no limit.")
@click.option("--access-log", default="/var/log/inferops", show_default=True, help="Folder of the access log.")
@click.option("--certificates", default="/etc/inferops-tls", show_default=True, help="Where TLS Secrets are mounted.")
@click.option("--module", type=click.Path(path_type=Path), envvar="INFEROPS_MODULE", help=f"Path of {FILE}.")
def gateway_bootstrap(
    output: Path | None,
    node: str,
    memory: int | None,
    access_log: str,
    certificates: str,
    module: Path | None,
) -> None:
    """Print Envoy's static configuration: listeners, filters, access log, the way to control.

    With --output, write it, and put beside it what it names; Envoy needs the module's folder in
    ENVOY_DYNAMIC_MODULES_SEARCH_PATH.
    """
    try:
        settings = read_settings()
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    bootstrap = BootstrapSettings(
        node=node,
        control_host=f"{CONTROL}.{settings.namespace}.svc",
        control_port=settings.gateway.xds_port,
        gateway=settings.gateway,
        listen_address="::" if socket.has_dualstack_ipv6() else "0.0.0.0",  # IPv6 too, where the node has that
        access_log=access_log,
        certificate_folder=certificates,
        memory_bytes=memory,
    )
    if output is None:
        click.echo(render_bootstrap(bootstrap))
        return
    bootstrap = replace(bootstrap, folder=str(output.parent))
    copy_module(module, output.parent)
    output.write_text(render_bootstrap(bootstrap))
    configure_logging(settings.log_level)
    write_secrets(bootstrap)


def copy_module(module: Path | None, folder: Path) -> None:
    """The module where Envoy looks for it."""
    if module is None:
        raise click.ClickException(f"--module (or $INFEROPS_MODULE) is not given: name {FILE}. {WHERE}")
    try:
        shutil.copyfile(module, folder / FILE)
    except OSError as error:
        raise click.ClickException(f"{module}: {error.strerror}. {WHERE}") from None


def write_secrets(bootstrap: BootstrapSettings) -> None:
    """The files that tell Envoy where certificates are; what is wrong with them is said, and stops nothing."""
    if bootstrap.gateway.peer_certificates:
        for name, content in build_files(Path(bootstrap.gateway.peer_certificates)).items():
            (Path(bootstrap.folder) / name).write_text(yaml.safe_dump(content))
    certificates = Path(bootstrap.certificate_folder)
    for each in bootstrap.gateway.tls:
        file = Path(secret_file(Path(bootstrap.folder), each.secret_name))
        file.write_text(yaml.safe_dump(build_secret(each.secret_name, certificates)))
    for fault in find_faults(bootstrap.gateway.tls, certificates, datetime.now(UTC)):
        logger.warning("a certificate is not served", extra={"fault": fault})

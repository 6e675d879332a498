"""`inferops gateway-bootstrap`: the files that the gateway's Envoy starts from."""

import logging
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
from inferops.gateway.tls import build_secret, secret_file
from inferops.names import CONTROL
from inferops.settings import Settings, read_settings

logger = logging.getLogger(__name__)


@click.command()
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write; default: print it.")
@click.option("--control", help="Host of control's gRPC port; default: its Service in the settings' namespace.")
@click.option("--node", default=socket.gethostname, help="Name of this gateway replica; default: the host's.")
@click.option("--memory", type=int, envvar="INFEROPS_MEMORY", help="Bytes that Envoy may use; default: no limit.")
@click.option("--access-log", default="/dev/stdout", show_default=True, help="File of the JSON access log.")
@click.option("--certificates", default="/etc/inferops-tls", show_default=True, help="Where TLS Secrets are mounted.")
def gateway_bootstrap(
    output: Path | None, control: str | None, node: str, memory: int | None, access_log: str, certificates: str
) -> None:
    """Print Envoy's static configuration: listeners, filters, access log, the way to control."""
    try:
        settings = read_settings()
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    bootstrap = build_settings(settings, control or f"{CONTROL}.{settings.namespace}.svc", node, access_log)
    bootstrap = replace(bootstrap, memory_bytes=memory, certificate_folder=certificates)
    if output is None:
        click.echo(render_bootstrap(bootstrap))
        return
    bootstrap = replace(bootstrap, folder=str(output.parent))
    output.write_text(render_bootstrap(bootstrap))
    configure_logging(settings.log_level)
    write_secrets(bootstrap)


def build_settings(settings: Settings, control: str, node: str, access_log: str) -> BootstrapSettings:
    """The blanks of the bootstrap for this pod: it listens on IPv6 too, where its node has that."""
    gateway = settings.gateway
    return BootstrapSettings(
        node=node,
        control_host=control,
        control_port=gateway.xds_port,
        listen_address="::" if socket.has_dualstack_ipv6() else "0.0.0.0",
        access_log=access_log,
        trusted_proxies=gateway.trusted_proxies,
        proxy_protocol=gateway.proxy_protocol,
        end_revoked_streams=gateway.revoked_streams == "End",
        certificates=tuple(gateway.tls),
        peer_certificates=gateway.peer_certificates,
        otlp_host=gateway.tracing.host if gateway.tracing else None,
        otlp_port=gateway.tracing.port if gateway.tracing else 0,
        sample_percent=gateway.tracing.sample_percent if gateway.tracing else 0.0,
        api_host=gateway.api.host if gateway.api else None,
        api_port=gateway.api.port if gateway.api else 0,
    )


def write_secrets(bootstrap: BootstrapSettings) -> None:
    """The files that tell Envoy where certificates are; what is wrong with them is said, and stops nothing."""
    if bootstrap.peer_certificates:
        for name, content in build_files(Path(bootstrap.peer_certificates)).items():
            (Path(bootstrap.folder) / name).write_text(yaml.safe_dump(content))
    certificates = Path(bootstrap.certificate_folder)
    for each in bootstrap.certificates:
        file = Path(secret_file(Path(bootstrap.folder), each.secret_name))
        file.write_text(yaml.safe_dump(build_secret(each.secret_name, certificates)))
    for fault in find_faults(bootstrap.certificates, certificates, datetime.now(UTC)):
        logger.warning("a certificate is not served", extra={"fault": fault})

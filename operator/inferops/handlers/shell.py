"""kopf, the shell: it logs in, starts and ends the operator, takes signals, and judges writes (admission). It watches
nothing and writes nothing: docs/decisions/1-kopf-is-the-shell.md says why.
"""

import itertools
import logging
import random
from collections.abc import Iterator, Mapping
from typing import Any, cast

import kopf

from inferops.cluster.connection import Connection
from inferops.handlers.admission.server import WebhookServer
from inferops.handlers.admission.validate import register_validation
from inferops.handlers.operator import Operator
from inferops.handlers.worker import Reconciler
from inferops.settings import Settings

logger = logging.getLogger(__name__)


class Backoffs:
    """Seconds between tries of a failing request: without end, because kopf gives up the process when they end."""

    def __iter__(self) -> Iterator[float]:
        doubling = (0.5, 1.0, 2.0, 4.0, 8.0)
        return itertools.chain(doubling, (random.uniform(12, 18) for _ in itertools.repeat(None)))  # noqa: S311 - jitter


async def run_operator(
    settings: Settings, connection: Connection, reconcilers: Mapping[str, Reconciler], *, identity: str
) -> bool:
    """Run until a signal comes; False when a part failed and the process should be started anew."""
    async with Operator(settings, connection, reconcilers, identity=identity) as operator:
        await kopf.operator(
            registry=build_registry(operator, connection, settings),
            settings=build_settings(operator, settings),
            clusterwide=True,  # else kopf lists namespaces; what is watched is ours to choose
            standalone=True,
            identity=cast("Any", identity),  # else kopf asks /etc/passwd, which knows no user of containers
            stop_flag=operator.ended,
        )
        return not operator.failed


def build_settings(operator: Operator, settings: Settings) -> kopf.OperatorSettings:
    """Kopf on its own, without an end to its patience."""
    shell = kopf.OperatorSettings()
    shell.scanning.disabled = True
    shell.peering.standalone = True
    shell.posting.enabled = False
    shell.networking.request_timeout = 30
    shell.networking.connect_timeout = 10
    shell.networking.error_backoffs = Backoffs()
    if settings.admission.enabled:
        shell.admission.server = WebhookServer(operator.client, settings, operator.leads)
    return shell


def build_registry(operator: Operator, connection: Connection, settings: Settings) -> kopf.OperatorRegistry:
    """Our handlers: log in, read everything, judge writes, end."""
    registry = kopf.OperatorRegistry()

    @kopf.on.login(registry=registry)
    def log_in(**_: Any) -> kopf.ConnectionInfo:
        return build_login(connection)

    @kopf.on.startup(registry=registry)
    async def sync(**_: Any) -> None:
        await operator.sync()

    @kopf.on.cleanup(registry=registry)
    async def close(**_: Any) -> None:
        await operator.close()  # now: kopf waits seconds for every task that it finds alive

    if settings.admission.enabled:
        register_validation(registry, operator.cluster, settings)
    return registry


def build_login(connection: Connection) -> kopf.ConnectionInfo:
    """Kopf asks again when the API server no longer takes the token."""
    configuration = connection.configuration
    scheme, _, token = connection.authorization().partition(" ")
    return kopf.ConnectionInfo(
        server=connection.server,
        ca_path=configuration.ssl_ca_cert or None,
        insecure=not configuration.verify_ssl,
        scheme=scheme or None,
        token=token or None,
        certificate_path=configuration.cert_file or None,
        private_key_path=configuration.key_file or None,
        proxy_url=connection.proxy,
    )

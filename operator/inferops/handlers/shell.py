"""kopf, the shell: it logs in, watches our own kinds, and takes signals. Everything else it could do is switched off,
because on many objects it costs too much or writes on them.
"""

import itertools
import logging
import random
from collections.abc import Iterator, Mapping
from typing import Any, cast

import kopf

from inferops.cluster.connection import Connection
from inferops.cluster.resources import OUR_KINDS, RESOURCES
from inferops.handlers.operator import Operator
from inferops.handlers.storages import NoDiffBase, NoProgress
from inferops.handlers.worker import Reconciler
from inferops.names import API_VERSION, GROUP, VERSION
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
        namespaces = settings.watch_namespaces
        await kopf.operator(
            registry=build_registry(operator, connection),
            settings=build_settings(),
            clusterwide=not namespaces,
            namespaces=namespaces,
            standalone=True,
            identity=cast("Any", identity),  # else kopf asks /etc/passwd, which knows no user of containers
            stop_flag=operator.ended,
        )
        return not operator.failed


def build_settings() -> kopf.OperatorSettings:
    """Kopf's settings; the reasons are in docs/decisions/1-kopf-is-the-shell.md."""
    settings = kopf.OperatorSettings()
    settings.scanning.disabled = True
    settings.peering.standalone = True
    settings.posting.enabled = False
    settings.persistence.progress_storage = NoProgress()
    settings.persistence.diffbase_storage = NoDiffBase()
    settings.watching.server_timeout = 300
    settings.watching.inactivity_timeout = 75
    settings.watching.connect_timeout = 10
    settings.networking.request_timeout = 30
    settings.networking.connect_timeout = 10
    settings.networking.error_backoffs = Backoffs()
    return settings


def build_registry(operator: Operator, connection: Connection) -> kopf.OperatorRegistry:
    """Our handlers: log in, read everything before the first event, pass events on, end."""
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

    for kind in OUR_KINDS:
        _pass_on(registry, operator, kind)
    return registry


def _pass_on(registry: kopf.OperatorRegistry, operator: Operator, kind: str) -> None:
    @kopf.on.event(GROUP, VERSION, RESOURCES[kind].plural, id=kind, registry=registry)
    async def changed(event: Any, **_: Any) -> None:
        operator.take(event["type"], {**event["object"], "apiVersion": API_VERSION, "kind": kind})


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

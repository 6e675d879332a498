"""Keeps the webhook's certificate in its Secret and in the API server's configuration.

Every replica serves what the Secret holds; the one that holds the Lease makes and rotates it, and puts what is to be
trusted into the ValidatingWebhookConfiguration: again whenever somebody takes it out. The chart makes both objects and
takes them away; where the configuration is absent, none is made.
"""

import asyncio
import base64
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime

from inferops.cluster.client import Client
from inferops.cluster.reflector import Reflector
from inferops.cluster.store import Store
from inferops.errors import ClusterError
from inferops.handlers.certificate import Certificates, Pair, rotate
from inferops.names import Manifest
from inferops.settings import Settings

logger = logging.getLogger(__name__)

CONFIGURATION = "inferops"
"""Name of the chart's ValidatingWebhookConfiguration."""
MANAGER = "inferops-admission"
"""Owns the caBundle and the Secret's data, and nothing else."""
CHECK_SECONDS = 30.0
"""Between looks at the certificate's age, and after a failure."""
Leads = Callable[[], bool]
"""Whether this replica writes."""
Serve = Callable[[Pair], Awaitable[None]]
"""Uses a certificate from now on."""


class Keeper:
    """One replica's part."""

    def __init__(self, client: Client, settings: Settings, leads: Leads, serve: Serve) -> None:
        self._client = client
        self._settings = settings
        self._leads = leads
        self._serve = serve
        self._changed = asyncio.Event()
        self._secrets, self._configurations = Store(), Store()
        self._served = ""
        name = settings.admission.service
        self._hosts = [f"{name}.{settings.namespace}.svc", f"{name}.{settings.namespace}.svc.cluster.local"]

    async def run(self) -> None:
        """For ever."""
        async with asyncio.TaskGroup() as group:
            for reflector in (reflectors := self._build_reflectors()):
                group.create_task(reflector.run())
            await asyncio.gather(*(reflector.synced.wait() for reflector in reflectors))
            while True:
                self._changed.clear()
                try:
                    await self._keep()
                except (ClusterError, OSError, ValueError) as error:  # a port that is taken, a Secret that is damaged
                    logger.warning("admission webhook not kept", extra={"error": str(error)})
                with suppress(TimeoutError):
                    async with asyncio.timeout(CHECK_SECONDS):
                        await self._changed.wait()

    def _build_reflectors(self) -> list[Reflector]:
        """Of the two objects, by their names."""
        secret = f"metadata.name={self._settings.admission.service}"
        configuration = f"metadata.name={CONFIGURATION}"
        kind, namespace = "ValidatingWebhookConfiguration", self._settings.namespace
        return [
            Reflector(self._client, "Secret", self._secrets, self._notice, field_selector=secret, namespace=namespace),
            Reflector(self._client, kind, self._configurations, self._notice, field_selector=configuration),
        ]

    async def _keep(self) -> None:
        """One look: make what is to be made, serve what there is, have it trusted."""
        secret = self._secrets.get(self._settings.namespace, self._settings.admission.service)
        known = Certificates.read((secret or {}).get("data") or {})
        if self._leads():
            if known:
                await self._have_trusted(known)  # or no further step is taken
            wanted = rotate(known, self._hosts, datetime.now(UTC))
            if wanted != known:
                logger.info("certificate made" if known is None else "certificate rotated")
                await self._write_secret(wanted)
                await self._have_trusted(wanted)
                known = wanted
        if known and known.serving.certificate != self._served:
            await self._serve(known.serving)
            self._served = known.serving.certificate

    async def _write_secret(self, wanted: Certificates) -> None:
        name, namespace = self._settings.admission.service, self._settings.namespace
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": namespace}}
        self._secrets.put(await self._client.apply({**secret, "data": wanted.as_data()}, manager=MANAGER))

    async def _have_trusted(self, certificates: Certificates) -> None:
        live = self._configurations.get("", CONFIGURATION)
        bundle = base64.b64encode(certificates.trusted.encode()).decode()
        if live is None or all(each["clientConfig"].get("caBundle") == bundle for each in live.get("webhooks") or []):
            return
        logger.info("certificate put into the webhook configuration")
        self._configurations.put(await self._client.apply(build_trust(live, bundle), manager=MANAGER))

    def _notice(self, _obj: Manifest) -> None:
        self._changed.set()


def build_trust(live: Manifest, bundle: str) -> Manifest:
    """The caBundle of every webhook of the configuration; its uid keeps one that was just deleted from coming back."""
    webhooks = [{"name": each["name"], "clientConfig": {"caBundle": bundle}} for each in live["webhooks"]]
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": live["metadata"]["name"], "uid": live["metadata"]["uid"]},
        "webhooks": webhooks,
    }

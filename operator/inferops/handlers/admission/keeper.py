"""Keeps the webhook's certificate in its Secret and in the API server's configuration.

Every replica serves what the Secret holds; the one that holds the Lease makes and rotates it, and puts what is to be
trusted into the ValidatingWebhookConfiguration: again whenever somebody takes it out. The chart makes both objects and
takes them away; where the configuration is absent, none is made.
"""

import base64
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from inferops.cluster.client import Client
from inferops.handlers.certificate import Certificates, Pair, rotate
from inferops.handlers.keeper import Keeper, Leads
from inferops.names import WEBHOOKS, Manifest
from inferops.settings import Settings

logger = logging.getLogger(__name__)

MANAGER = "inferops-admission"
"""Owns the caBundle and the Secret's data, and nothing else."""
Serve = Callable[[Pair], Awaitable[None]]
"""Uses a certificate from now on."""


class AdmissionKeeper:
    """One replica's part."""

    def __init__(self, client: Client, settings: Settings, leads: Leads, serve: Serve) -> None:
        self._serve = serve
        self._served = ""
        name, namespace = settings.admission.service, settings.namespace
        self._hosts = [f"{name}.{namespace}.svc", f"{name}.{namespace}.svc.cluster.local"]
        self._metadata = {"name": name, "namespace": namespace}
        self._secret = ("Secret", namespace, name)
        self._configuration = ("ValidatingWebhookConfiguration", "", WEBHOOKS)
        self._keeper = Keeper(client, MANAGER, [self._secret, self._configuration], leads)

    async def run(self) -> None:
        """For ever."""
        await self._keeper.run(self._look, "admission webhook")

    async def _look(self) -> None:
        """Make what is to be made, serve what there is, have it trusted."""
        known = Certificates.read((self._keeper.get(self._secret) or {}).get("data") or {})
        if self._keeper.leads():
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
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": self._metadata, "data": wanted.as_data()}
        await self._keeper.apply(secret)

    async def _have_trusted(self, certificates: Certificates) -> None:
        live = self._keeper.get(self._configuration)
        bundle = base64.b64encode(certificates.trusted.encode()).decode()
        if live is None or all(each["clientConfig"].get("caBundle") == bundle for each in live.get("webhooks") or []):
            return
        logger.info("certificate put into the webhook configuration")
        await self._keeper.apply(build_trust(live, bundle))


def build_trust(live: Manifest, bundle: str) -> Manifest:
    """The caBundle of every webhook of the configuration; its uid keeps one that was just deleted from coming back."""
    webhooks = [{"name": each["name"], "clientConfig": {"caBundle": bundle}} for each in live["webhooks"]]
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": live["metadata"]["name"], "uid": live["metadata"]["uid"]},
        "webhooks": webhooks,
    }

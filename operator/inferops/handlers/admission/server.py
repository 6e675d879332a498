"""kopf's webhook server (`settings.admission.server`), with a certificate that may change while it runs: its own ones
read theirs once.
"""

import logging
import ssl
import tempfile
from collections.abc import AsyncIterator
from typing import Any

import kopf
from aiohttp import web

from inferops.cluster.client import Client
from inferops.cluster.depth import cut_value, read_json
from inferops.handlers.admission.keeper import AdmissionKeeper
from inferops.handlers.certificate import Pair
from inferops.handlers.keeper import Leads
from inferops.names import Manifest
from inferops.settings import Settings

logger = logging.getLogger(__name__)

PATH = "/validate"
LARGEST_BODY = 8 * 1024 * 1024
"""Bytes of a question: an object and its former self, each at most what etcd stores."""


class WebhookServer:
    """Listens once there is a certificate; kopf calls it when everything is read."""

    def __init__(self, client: Client, settings: Settings, leads: Leads) -> None:
        self._port = settings.admission.port
        self._keeper = AdmissionKeeper(client, settings, leads, self.serve)
        self._tls: ssl.SSLContext | None = None

    async def __call__(self, answer: kopf.WebhookFn) -> AsyncIterator[kopf.WebhookClientConfig]:
        """Kopf's protocol. The address it asks for is told to nobody: the chart's configuration names the Service."""
        self._answer = answer
        app = web.Application(client_max_size=LARGEST_BODY)
        app.router.add_post(PATH, self._handle)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        try:
            yield kopf.WebhookClientConfig(url=f"https://localhost:{self._port}{PATH}")
            await self._keeper.run()
        finally:
            await self._runner.cleanup()

    async def serve(self, pair: Pair) -> None:
        """Use this certificate from now on; connections that are open keep theirs."""
        if self._tls:
            load(self._tls, pair)
            return
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        load(self._tls, pair)
        await web.TCPSite(self._runner, port=self._port, ssl_context=self._tls).start()
        logger.info("admission webhook listens", extra={"port": self._port})

    async def _handle(self, request: web.Request) -> web.Response:
        question = cut_value(read_json(await request.read()))
        try:
            review: Any = await self._answer(forget_identity(question))
        except Exception as error:  # noqa: BLE001 - such as a kind that kopf did not find when it started: it passes
            logger.warning("admission review skipped", extra={"error": str(error)})
            review = allow(question)
        return web.json_response(review)


def forget_identity(question: Any) -> Any:
    """The question without the objects' uids: kopf remembers each for ever, since nothing tells it of deletions."""
    for field in ("object", "oldObject"):
        if obj := question["request"].get(field):
            obj["metadata"].pop("uid", None)
    return question


def allow(question: Manifest) -> Manifest:
    """Yes (admission.k8s.io/v1 AdmissionReview)."""
    response = {"uid": question["request"]["uid"], "allowed": True}
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}


def load(tls: ssl.SSLContext, pair: Pair) -> None:
    """Give the context a certificate. OpenSSL reads files only, so there is one for a moment, readable by us alone."""
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(pair.key + pair.certificate)
        file.flush()
        tls.load_cert_chain(file.name)

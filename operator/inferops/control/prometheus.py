"""Asking Prometheus, with the credentials that a folder holds: those of a Secret, as Kubernetes mounts it."""

import logging
import math
import re
import ssl
import time
from pathlib import Path
from typing import Any

import httpx

from inferops.control.reading import Reading
from inferops.errors import SettingsError
from inferops.settings import PrometheusSettings

logger = logging.getLogger(__name__)

TIMEOUT = 2.0
CACHE_SECONDS = 3.0
"""KEDA and the autoscaler ask for the same value separately; and who did not answer is left alone for a moment."""
NAMED = "that settings.prometheus.secretName names"
OF_THE_SECRET = f"of the Secret {NAMED}"
TOKEN = re.compile("[!-~]+")
"""What a header takes; its errors show what it does not take."""
UNSET = "no Prometheus is set; an administrator sets settings.prometheus.url."
NOTHING = (
    "Prometheus has no GPU metrics of its pods; see whether NVIDIA's DCGM exporter runs on their nodes, and whether its"
    " series name pods (`inferops doctor` tells)."
)


class Prometheus:
    """The one that the settings name; without one there is never any data."""

    def __init__(self, settings: PrometheusSettings) -> None:
        self._url = settings.url.rstrip("/") if settings.url else None
        self._folder = Path(settings.credentials) if settings.credentials else None
        self._client: httpx.AsyncClient | None = None
        self._authority: str | None = None
        self._cache: dict[str, tuple[float, Reading]] = {}
        self._down: tuple[float, Reading] | None = None

    async def ask(self, query: str) -> Reading:
        """The value of the first sample of an instant query."""
        if self._url is None:
            return Reading(None, UNSET)
        now = time.monotonic()
        known = [each for each in (self._cache.get(query), self._down) if each and now - each[0] <= CACHE_SECONDS]
        if known:
            return known[0][1]
        self._cache = {each: kept for each, kept in self._cache.items() if now - kept[0] <= CACHE_SECONDS}
        self._cache[query] = now, await self._ask(query)
        return self._cache[query][1]

    async def close(self) -> None:
        """End connections."""
        if self._client:
            await self._client.aclose()

    async def _ask(self, query: str) -> Reading:
        try:
            client = await self._connect()
            headers, auth = self._read_credentials()
            answer = await client.get(
                f"{self._url}/api/v1/query",
                params={"query": query},
                headers=headers,
                auth=auth or httpx.USE_CLIENT_DEFAULT,
            )
            answer.raise_for_status()
            return read_answer(answer.json())
        except SettingsError as error:
            return self._miss(str(error))
        except httpx.HTTPStatusError as error:
            return self._miss(f"Prometheus answers {error.response.status_code}{mend(error.response.status_code)}")
        except (httpx.HTTPError, OSError) as error:
            words = str(error) or type(error).__name__
            return self._miss(f"Prometheus at {self._url} does not answer ({words}); see whether it runs.")
        except (ValueError, KeyError, IndexError, TypeError):
            return self._miss(f"what answers at {self._url} is not Prometheus; correct settings.prometheus.url.")

    def _miss(self, problem: str) -> Reading:
        logger.warning("no answer from Prometheus", extra={"error": problem})
        reading = Reading(None, problem)
        self._down = time.monotonic(), reading
        return reading

    async def _connect(self) -> httpx.AsyncClient:
        """The same connections as long as the same authority is trusted. Raises SettingsError and OSError."""
        authority = self._read("ca.crt")
        if self._client is None or authority != self._authority:
            verify = read_authority(authority) if authority else True
            await self.close()
            self._client, self._authority = httpx.AsyncClient(timeout=TIMEOUT, verify=verify), authority
        return self._client

    def _read_credentials(self) -> tuple[dict[str, str], httpx.BasicAuth | None]:
        """A bearer token, or a user and password; read each time, since they change. Raises SettingsError."""
        if token := self._read("token"):
            if not TOKEN.fullmatch(token):
                raise SettingsError(f"`token` {OF_THE_SECRET} has characters that no header takes; correct it.")
            return {"Authorization": f"Bearer {token}"}, None
        username, password = self._read("username"), self._read("password")
        return {}, httpx.BasicAuth(username, password or "") if username else None

    def _read(self, name: str) -> str | None:
        """A file of the folder; None where there is none. Raises SettingsError and OSError."""
        if self._folder is None:
            return None
        try:
            return (self._folder / name).read_text().strip()
        except FileNotFoundError:
            return None
        except UnicodeDecodeError:
            raise SettingsError(f"`{name}` {OF_THE_SECRET} is no text; correct it.") from None


def read_authority(pem: str) -> ssl.SSLContext:
    """Trust in this authority alone. Raises SettingsError."""
    try:
        return ssl.create_default_context(cadata=pem)
    except (ssl.SSLError, ValueError):
        raise SettingsError(f"`ca.crt` {OF_THE_SECRET} is no certificate in PEM; correct it.") from None


def read_answer(answer: Any) -> Reading:
    """Of an instant query (https://prometheus.io/docs/prometheus/latest/querying/api/)."""
    result = answer["data"]["result"]
    value = float(result[0]["value"][1]) if result else math.nan
    return Reading(value) if math.isfinite(value) else Reading(None, NOTHING)


def mend(status: int) -> str:
    """What to do."""
    denied = status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}
    return f"; correct the Secret {NAMED}." if denied else "; see its log."

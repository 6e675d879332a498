"""What both clients have in common: where the API is, the key, and how a call becomes a request."""

import os
import random
import uuid
from dataclasses import replace
from typing import Any, TypeVar

import httpx

from inferops import __version__
from inferops.client.call import ROOT, Call
from inferops.client.errors import ApiError
from inferops.client.exchange import Patience, Script, exchange

T = TypeVar("T")
URL_VARIABLE, KEY_VARIABLE = "INFEROPS_URL", "INFEROPS_API_KEY"
PAGE = 100
"""Objects of one page."""


class Connection:
    """Where the API is, and how it is asked; the key stands in no repr."""

    def __init__(self, url: str | None, key: str | None, timeout: float, retries: int) -> None:
        self.url = (url or os.environ.get(URL_VARIABLE, "")).rstrip("/")
        key = key or os.environ.get(KEY_VARIABLE, "")
        if not self.url.startswith(("http://", "https://")):
            raise ApiError(f'url is "{self.url}": give the gateway\'s address with its scheme, or set {URL_VARIABLE}')
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            raise ApiError(f"key is missing, or no API key: give one of scope manage, or set {KEY_VARIABLE}")
        self.headers = {"x-api-key": key, "user-agent": f"inferops/{__version__}", "accept": "application/json"}
        self.timeout = timeout
        self.patience = Patience(retries, random.random)

    def build(self, call: Call[Any]) -> tuple[Call[Any], httpx.Request]:
        """The request of a call; what creates something gets a key by which a second try creates nothing more."""
        headers = dict(call.headers)
        if call.keyed and "idempotency-key" not in headers:
            headers["idempotency-key"] = str(uuid.uuid4())
            call = replace(call, repeatable=True)
        if call.body is not None:
            headers["content-type"] = "application/json"
        url = f"{self.url}{ROOT}{call.path}"
        timeout = httpx.Timeout(self.timeout, read=self.timeout + call.wait).as_dict()
        request = httpx.Request(
            call.method,
            url,
            params=call.params or None,
            headers=self.headers | headers,
            content=call.body,
            extensions={"timeout": timeout},
        )
        return call, request

    def build_stream(self, call: Call[Any]) -> httpx.Request:
        """The request of a stream, which may be silent for long."""
        _, request = self.build(replace(call, headers={**call.headers, "accept": "text/event-stream"}))
        request.extensions["timeout"]["read"] = None
        return request

    def script(self, call: Call[T]) -> Script[T]:
        """What is done for an answer."""
        ready, request = self.build(call)
        return exchange(ready, request, self.patience)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r})"


def page(call: Call[list[T]], offset: int) -> Call[list[T]]:
    """One page of a list."""
    return replace(call, params={**call.params, "limit": str(PAGE), "offset": str(offset)})

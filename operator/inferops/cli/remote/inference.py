"""Calls of engines through the gateway: what a name leads to, chat completions as they come, transcriptions."""

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any, BinaryIO, Self

import httpx
from pydantic import SecretStr

from inferops import __version__
from inferops.cli.remote.session import Session
from inferops.client import ApiError, Client, NotFound, Refused, Unavailable
from inferops.client.errors import read_error, read_failure
from inferops.client.events import EventReader
from inferops.names import instance_id

KEY_VARIABLE = "INFEROPS_INFERENCE_KEY"
"""A key of scope inference, where the profile's may only manage."""
LONGEST_SILENCE = 3600.0
"""Seconds without a byte: the gateway, which may hold a request until a replica has started, gives up before."""
END = "[DONE]"


@dataclass(frozen=True)
class Endpoint:
    """Where an OpenAI-compatible API is."""

    base: str
    """Ends in /v1."""
    model: str | None
    """None: only the engine knows."""


def find_endpoint(client: Client, session: Session, name: str, *, direct: bool) -> Endpoint:
    """The instance of that id, by `/v2/<id>` at the profile's address, or `direct` at its own; else the shared host,
    which finds the model of that name.
    """
    url = session.url.rstrip("/")
    try:
        instance = client.instances.get(name)
    except Refused:  # a key of scope inference: it is told what it may call, and no more
        found = (f"{url}/{each.path}" for each in client.endpoints.list() if each.id == name)
        return Endpoint(base, None) if (base := next(found, None)) else Endpoint(f"{url}/v1", name)
    except NotFound:
        return Endpoint(f"{url}/v1", name)
    if direct:
        return Endpoint(f"{instance.address.rstrip('/')}/v1", None)
    id_ = instance_id(client.me().namespace, instance.id)
    return Endpoint(f"{url}/v2/{id_}/openai/v1", None)


class Engine:
    """One endpoint and the connections to it; a context manager."""

    def __init__(self, endpoint: Endpoint, session: Session, key: SecretStr) -> None:
        self.endpoint = endpoint
        headers = {"authorization": f"Bearer {key.get_secret_value()}", "user-agent": f"inferops/{__version__}"}
        timeout = httpx.Timeout(30, read=LONGEST_SILENCE)
        self.http = httpx.Client(base_url=endpoint.base, headers=headers, timeout=timeout, verify=session.trust())

    def find_model(self) -> str:
        """The name that requests carry: the first that the engine lists. Wakes it up."""
        if self.endpoint.model:
            return self.endpoint.model
        models = read_object(self.ask("GET", "/models").content).get("data") or []
        if not models:
            raise Unavailable(f"{self.endpoint.base} serves no model")
        return str(models[0]["id"])

    def stream_chat(self, body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Chunks of a chat completion as they come. Raises ApiError, also for an error in the middle."""
        request = self.http.build_request("POST", "/chat/completions", json={**body, "stream": True})
        try:
            with closing(self.http.send(request, stream=True)) as response:
                if not response.is_success:
                    response.read()
                    raise read_error(response)
                yield from read_chunks(response.iter_lines())
        except httpx.TransportError as failure:
            raise read_failure(failure, request.url) from None

    def transcribe(self, path: str, file: tuple[str, BinaryIO], fields: Mapping[str, Any]) -> bytes:
        """The body of the answer, in the form that `fields` asked for."""
        return self.ask("POST", path, files={"file": file}, data=dict(fields)).content

    def ask(self, method: str, path: str, **content: Any) -> httpx.Response:
        """One answer. Raises ApiError."""
        request = self.http.build_request(method, path, **content)
        try:
            response = self.http.send(request)
        except httpx.TransportError as failure:
            raise read_failure(failure, request.url) from None
        if not response.is_success:
            raise read_error(response)
        return response

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()


def read_object(text: str | bytes) -> dict[str, Any]:
    """An object in JSON. Raises ApiError for anything else."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ApiError("the engine does not answer as OpenAI's API does: is it one for chat, or for speech?")
    return found


def read_chunks(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    """The objects of a stream. Raises ApiError where one is an error: the engine failed, or the key was revoked."""
    reader = EventReader()
    for line in lines:
        for data in reader.feed(line):
            if data == END:
                return
            chunk = read_object(data)
            if error := chunk.get("error"):
                raise ApiError(error.get("message", "the answer broke off") if isinstance(error, dict) else str(error))
            yield chunk

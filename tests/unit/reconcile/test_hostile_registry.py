"""Registries that mean ill: whoever writes a Registry chooses which host the operator asks."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest

from inferops.plan.registry_status import Answer
from inferops.reconcile.distribution import check_registry
from inferops.reconcile.registry_http import check_place, read_challenge
from inferops.specs.registry import RegistrySpec
from tests.support.ports import find_free_ports
from tests.support.registry_front import Front, start_front


@pytest.fixture
def front() -> Iterator[Front]:
    """With nothing behind it: each test has a rule of its own."""
    with start_front("http://127.0.0.1:1") as front:
        yield front


async def ask(url: str) -> Answer:
    return await check_registry(RegistrySpec(url=url, insecure=True), None, {})


async def test_where_a_machines_own_credentials_are_nobody_is_led(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a registry that calls the place its token server, or redirects there."""
    place = "127.0.0.2"
    monkeypatch.setattr("inferops.reconcile.registry_http.METADATA", {place})
    (port,) = find_free_ports(1)
    secret = b'{"token": "of-the-machine", "errors": [{"message": "of-the-machine"}]}'
    with serve_at(place, port, secret) as asked:
        realm = f"http://{place}:{port}/token"
        for rule in ((401, {"www-authenticate": f'Bearer realm="{realm}"'}), (307, {"location": realm})):
            front.rule = lambda _, rule=rule: rule  # type: ignore[misc]
            answer = await ask(front.image)
            assert answer.reason == "Unreachable"
            assert "where no registry may be" in answer.message
            assert "of-the-machine" not in f"{answer} {front.seen}"
    assert asked


NONSENSE = {
    "without bottom": b"[" * 100_000,
    "no objects": b'{"manifests": [7], "config": []}',
    "a platform that is none": b'{"manifests": [{"platform": [7]}]}',
    "an error that steers terminals": b'{"errors": [{"message": "\\u001b[2Jgone"}]}',
}


@pytest.mark.parametrize("name", NONSENSE)
async def test_a_hostile_registry_gets_an_answer_like_any_other(front: Front, name: str) -> None:
    body = NONSENSE[name]
    digest = f"sha256:{sha256(body).hexdigest()}"
    (port,) = find_free_ports(1)
    with serve_at("127.0.0.1", port, body, digest):
        answer = await ask(f"localhost:{port}/a/b:1")
    assert (answer.reason, answer.digest, answer.platforms) == ("Verified", digest, ())
    front.rule = lambda _: (401, {"www-authenticate": f'Bearer realm="http://localhost:{port}/token"'})
    with serve_at("127.0.0.1", port, body, status=403):
        answer = await ask(front.image)
    assert answer.reason == "Unauthorized"
    assert answer.message.isprintable()


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1%eth0", "::ffff:169.254.169.254", "fd00:ec2::254"])
def test_every_spelling_of_such_an_address_is_known(address: str) -> None:
    class Stream:
        def get_extra_info(self, name: str) -> tuple[str, int] | None:
            return (address, 80) if name == "server_addr" else None

    request = httpx.Request("GET", "http://innocent.example/")
    with pytest.raises(httpx.ConnectError, match=r"innocent\.example leads to"):
        check_place(httpx.Response(200, request=request, extensions={"network_stream": Stream()}))


def test_a_challenge_without_end_is_read_at_once() -> None:
    begun = time.process_time()
    assert read_challenge("Bearer " + "a" * 60_000) == ("bearer", {})
    assert read_challenge('Bearer realm="https://a/b?c=d",service=x') == (
        "bearer",
        {"realm": "https://a/b?c=d", "service": "x"},
    )
    assert time.process_time() - begun < 1


@contextmanager
def serve_at(host: str, port: int, body: bytes, digest: str = "", status: int = 200) -> Iterator[list[str]]:
    """The same answer to everything; yields the paths that were asked for."""
    asked = list[str]()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.send_header("docker-content-digest", digest)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            """Nothing to say."""

    with ThreadingHTTPServer((host, port), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield asked
        finally:
            server.shutdown()
            thread.join()

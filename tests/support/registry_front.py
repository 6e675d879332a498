"""A door in front of a real registry: it counts requests, and does what public registries do and Debian's does not."""

import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import httpx

from tests.support.registry import REPOSITORY, TAG, make_certificate

Rule = Callable[[BaseHTTPRequestHandler], "tuple[int, dict[str, str]] | None"]
PASSED_ON = {"authorization", "accept"}


class Front:
    """Requests pass to the registry, unless `rule` answers them with status and headers."""

    def __init__(self, target: str, port: int, authority: str) -> None:
        self.target = target
        self.host = f"localhost:{port}"
        self.authority = authority
        self.rule: Rule = lambda _: None
        self.headers: dict[str, str] = {}
        """Added to what the registry answers."""
        self.seen: list[tuple[str, str, str]] = []
        """Method, path and authorization."""
        self.most_at_once = 0
        self.go_on = Event()
        """Cleared: requests wait."""
        self.go_on.set()
        self._lock = threading.Lock()
        self._at_once = 0

    @property
    def image(self) -> str:
        return f"{self.host}/{REPOSITORY}:{TAG}"

    def count(self) -> Counter[str]:
        """Requests by method and what they are about."""
        return Counter(f"{method} {path.split('/')[-2] if path != '/v2/' else 'ping'}" for method, path, _ in self.seen)

    def answer(self, request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        """What a request gets."""
        self.seen.append((request.command, request.path, request.headers.get("authorization", "")))
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            self.go_on.wait(30)
            if ruled := self.rule(request):
                return *ruled, b""
            headers = {name: value for name, value in request.headers.items() if name.lower() in PASSED_ON}
            reply = httpx.request(request.command, f"{self.target}{request.path}", headers=headers)
            kept = {k: v for k, v in reply.headers.items() if k not in {"transfer-encoding", "connection", "date"}}
            return reply.status_code, {**kept, **self.headers}, reply.content
        finally:
            with self._lock:
                self._at_once -= 1


@contextmanager
def start_front(target: str, *, tls: Path | None = None) -> Iterator[Front]:
    """A front of the registry at `target`, a URL; with a folder for its certificate, one that speaks TLS."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, headers, body = front.answer(self)
            self.send_response(status)
            for name, value in ({"content-length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            """Nothing to say."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    authority = ""
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate := make_certificate(tls), tls / "key.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        authority = certificate.read_text()
    front = Front(target, server.server_address[1], authority)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield front
    finally:
        front.go_on.set()
        server.shutdown()
        server.server_close()
        thread.join()

"""A real container registry (Debian's docker-registry) on a free port, with three images in it.

Three ways to log in: htpasswd (Basic), a token server of its own (Bearer, as Docker Hub and GHCR have it), or none.
"""

import base64
import hashlib
import json
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import yaml

from tests.support.ports import find_free_ports

USER, PASSWORD = "robot", "s3cret-of-the-robot"
REPOSITORY, TAG = "team/engine", "1"
ARM, BOTH = "1-arm64", "1-both"
"""Further tags: for another platform, and an index of both."""
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
IMAGE_TYPE = "application/vnd.oci.image.manifest.v1+json"
SUBJECT = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]


@dataclass(frozen=True)
class RunningRegistry:
    """Where it is, and which authority it has."""

    host: str
    authority: str

    @property
    def image(self) -> str:
        """The image for linux/amd64."""
        return self.tagged(TAG)

    def tagged(self, tag: str) -> str:
        """An image that it has."""
        return f"{self.host}/{REPOSITORY}:{tag}"


@contextmanager
def start_registry(folder: Path, *, login: str = "basic", tls: bool = False) -> Iterator[RunningRegistry]:
    """A registry with all its files in `folder`; ended by its pid."""
    (port,) = find_free_ports(1)
    certificate = make_certificate(folder)
    config: dict[str, Any] = {
        "version": "0.1",
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"addr": f"127.0.0.1:{port}"},
    }
    if tls:
        config["http"]["tls"] = {"certificate": str(certificate), "key": str(folder / "key.pem")}
    with serve_tokens(folder) as token_url:
        config["auth"] = build_auth(folder, login, token_url, certificate)
        (folder / "config.yml").write_text(yaml.safe_dump({k: v for k, v in config.items() if v}))
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "docker-registry", "serve", folder / "config.yml"]
        )
        try:
            host = f"localhost:{port}"
            push_images(f"http{'s' if tls else ''}://{host}", certificate if tls else None, login)
            yield RunningRegistry(host, certificate.read_text())
        finally:
            process.terminate()
            process.wait(10)


def build_auth(folder: Path, login: str, token_url: str, certificate: Path) -> dict[str, Any]:
    """The registry's own configuration of a login."""
    if login == "basic":
        done = subprocess.run(["htpasswd", "-Bbn", USER, PASSWORD], capture_output=True, text=True, check=True)
        (folder / "htpasswd").write_text(done.stdout)
        return {"htpasswd": {"realm": "test", "path": str(folder / "htpasswd")}}
    if login == "bearer":
        token = {"realm": token_url, "service": "test", "issuer": "tests", "rootcertbundle": str(certificate)}
        return {"token": token}
    return {}


def make_certificate(folder: Path) -> Path:
    """A certificate for localhost that is its own authority."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *SUBJECT]
    out = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run([*command, *out], check=True, capture_output=True)
    return folder / "cert.pem"


def push_images(base: str, authority: Path | None, login: str) -> None:
    """Images of one empty layer for two platforms, and an index of both, over the registry's own API."""
    trust = ssl.create_default_context(cafile=authority) if authority else True
    with httpx.Client(base_url=base, verify=trust) as client:
        wait_answering(client)
        if login == "bearer":
            realm = client.get("/v2/").headers["www-authenticate"].partition('realm="')[2].partition('"')[0]
            wanted = {"service": "test", "scope": f"repository:{REPOSITORY}:pull,push"}
            token = httpx.get(realm, params=wanted, auth=(USER, PASSWORD)).json()["token"]
            client.headers["authorization"] = f"Bearer {token}"
        elif login == "basic":
            client.auth = httpx.BasicAuth(USER, PASSWORD)
        amd64, arm64 = push_manifest(client, "amd64", TAG), push_manifest(client, "arm64", ARM)
        attestation = amd64 | {"platform": {"os": "unknown", "architecture": "unknown"}}
        index = {"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": [amd64, arm64, attestation]}
        url = f"/v2/{REPOSITORY}/manifests/{BOTH}"
        client.put(url, json=index, headers={"content-type": INDEX_TYPE}).raise_for_status()


def push_manifest(client: httpx.Client, architecture: str, tag: str) -> dict[str, Any]:
    """An image of one empty layer for Linux, and its descriptor."""
    platform = {"os": "linux", "architecture": architecture}
    config, layer = push_blob(client, json.dumps(platform).encode()), push_blob(client, b"")
    config["mediaType"] = "application/vnd.oci.image.config.v1+json"
    manifest = {"schemaVersion": 2, "mediaType": IMAGE_TYPE, "config": config, "layers": [layer]}
    url = f"/v2/{REPOSITORY}/manifests/{tag}"
    answer = client.put(url, json=manifest, headers={"content-type": IMAGE_TYPE}).raise_for_status()
    size = len(answer.request.content)
    digest = answer.headers["docker-content-digest"]
    return {"mediaType": IMAGE_TYPE, "digest": digest, "size": size, "platform": platform}


def push_blob(client: httpx.Client, content: bytes) -> dict[str, Any]:
    """One blob, and its descriptor."""
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    upload = client.post(f"/v2/{REPOSITORY}/blobs/uploads/")
    upload.raise_for_status()
    url = httpx.URL(upload.headers["location"]).copy_merge_params({"digest": digest})
    client.put(url, content=content, headers={"content-type": "application/octet-stream"}).raise_for_status()
    return {"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": digest, "size": len(content)}


def wait_answering(client: httpx.Client) -> None:
    """Until the registry answers anything."""
    deadline = time.monotonic() + 15
    while True:
        try:
            client.get("/v2/")
        except httpx.TransportError:
            assert time.monotonic() < deadline, "docker-registry does not start"
            time.sleep(0.05)
        else:
            return


@contextmanager
def serve_tokens(folder: Path) -> Iterator[str]:
    """The token server of https://distribution.github.io/distribution/spec/auth/token; yields its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            expected = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
            allowed = self.headers.get("authorization") == f"Basic {expected}"
            refusal = {"errors": [{"code": "UNAUTHORIZED", "message": "incorrect username or password"}]}
            scope = parse_qs(urlsplit(self.path).query).get("scope", [])
            body = json.dumps({"token": sign_token(folder, scope)} if allowed else refusal).encode()
            self.send_response(200 if allowed else 401)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing to say."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/token"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def sign_token(folder: Path, scopes: list[str]) -> str:
    """A JWT (RFC 7519, RS256) that grants what was asked for."""
    der = "".join(line for line in (folder / "cert.pem").read_text().splitlines() if "-----" not in line)
    now = int(time.time())
    access = [dict(zip(("type", "name", "actions"), scope.split(":"), strict=True)) for scope in scopes]
    granted = [entry | {"actions": entry["actions"].split(",")} for entry in access]
    times = {"iat": now, "nbf": now - 5, "exp": now + 60}
    claims = {"iss": "tests", "sub": USER, "aud": "test", "jti": str(now), "access": granted, **times}
    header = {"typ": "JWT", "alg": "RS256", "x5c": [der]}
    signed = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
    command = ["openssl", "dgst", "-sha256", "-sign", str(folder / "key.pem")]
    signature = subprocess.run(command, input=signed.encode(), capture_output=True, check=True).stdout
    return f"{signed}.{base64url(signature)}"


def base64url(data: bytes) -> str:
    """RFC 4648 without padding, as JWTs have it."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")

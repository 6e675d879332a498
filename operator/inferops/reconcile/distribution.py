"""Asks a container registry whether it is there, takes the credentials and has the image.

The OCI distribution specification's API: GET /v2/, HEAD /v2/<name>/manifests/<reference>, and the Basic and Bearer
schemes of https://distribution.github.io/distribution/spec/auth/token. No answer of ours ever contains a password.
"""

import json
import re
import ssl
from contextlib import suppress
from typing import NamedTuple

import httpx

from inferops.plan.images import Image, parse_image
from inferops.plan.registry_status import Answer
from inferops.specs.registry import RegistrySpec

TIMEOUT = httpx.Timeout(10.0)
MANIFEST_TYPES = (
    "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json,"
    " application/vnd.docker.distribution.manifest.list.v2+json,"
    " application/vnd.docker.distribution.manifest.v2+json"
)
LONGEST_BODY = 65536
"""Bytes read of an answer: a hostile host could send for ever."""
PARAMETER = re.compile(r'(\w+)="([^"]*)"')


class Login(NamedTuple):
    """User name and password."""

    username: str
    password: str

    def __repr__(self) -> str:
        return f"Login({self.username!r}, ...)"


class Reply(NamedTuple):
    """What of an HTTP response matters here."""

    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def said(self) -> str:
        """The registry's own words, from the specification's error body; empty where it said nothing."""
        with suppress(ValueError, TypeError, LookupError):
            error = json.loads(self.body)["errors"][0]
            return f' (it says "{str(error.get("message") or error["code"])[:200]}")'
        return ""


async def check_registry(spec: RegistrySpec, login: Login | None) -> Answer:
    """Ask the registry that a Registry describes. Never raises for what the network or the registry does."""
    image = parse_image(spec.url)
    try:
        verify = tls_of(spec)
    except ssl.SSLError as error:
        return Answer("TLSFailed", f"spec.caBundle holds no PEM certificate that can be read ({error.reason}).")
    async with httpx.AsyncClient(verify=verify, timeout=TIMEOUT) as client:
        try:
            return await Registry(client, "https", image, login).check()
        except httpx.HTTPError as error:
            failure = error
        if spec.insecure and isinstance(failure, httpx.ConnectError | httpx.RemoteProtocolError):
            try:
                return await Registry(client, "http", image, login).check()
            except httpx.HTTPError as error:
                failure = error
    return explain(failure, image)


def tls_of(spec: RegistrySpec) -> ssl.SSLContext | bool:
    """Whose certificates count."""
    if spec.insecure:
        return False
    return ssl.create_default_context(cadata=spec.ca_bundle) if spec.ca_bundle else True


def explain(error: BaseException, image: Image) -> Answer:
    """A failure below HTTP, in a sentence."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            detail = getattr(cause, "verify_message", "") or cause.reason
            text = (
                f"The certificate of {image.api_host} is not trusted ({detail}): put its authority into spec.caBundle"
            )
            return Answer("TLSFailed", f"{text}, or set spec.insecure for a registry without TLS.")
        cause = cause.__cause__ or cause.__context__
    detail = str(error) or type(error).__name__
    text = f"{image.api_host} does not answer ({detail}): check spec.url, and that the cluster reaches it."
    return Answer("Unreachable", text)


class Registry:
    """One registry over one scheme."""

    def __init__(self, client: httpx.AsyncClient, scheme: str, image: Image, login: Login | None) -> None:
        self._client = client
        self._base = f"{scheme}://{image.api_host}/v2/"
        self._image = image
        self._login = login

    async def check(self) -> Answer:
        """Ping, then look for the image where there is one. Raises httpx.HTTPError."""
        host = self._image.api_host
        ping = await self._ask("GET", self._base)
        if ping.status in {401, 403}:
            return self._refused(ping)
        if ping.status != httpx.codes.OK:
            text = f"{host} answers {ping.status} to /v2/{ping.said}: check that spec.url names a container registry."
            return Answer("Unreachable", text)
        if not self._image.repository:
            return Answer("Verified", f"{host} answers{' and takes the credentials' if self._login else ''}.")
        return self._judge(await self._ask("HEAD", self._manifest_url))

    @property
    def _manifest_url(self) -> str:
        return f"{self._base}{self._image.repository}/manifests/{self._image.reference}"

    def _judge(self, reply: Reply) -> Answer:
        """What the answer about the manifest means."""
        host, name = self._image.api_host, f"{self._image.repository}:{self._image.reference}"
        if reply.status == httpx.codes.OK:
            return Answer("Verified", f"{host} has {name}.", reply.headers.get("docker-content-digest"))
        if reply.status in {401, 403}:
            return self._refused(reply)
        if reply.status == httpx.codes.NOT_FOUND:
            return Answer("NotFound", f"{host} has no image {name}: check name and tag in spec.url.")
        return Answer("Unreachable", f"{host} answers {reply.status} about {name}{reply.said}: it is asked again.")

    def _refused(self, reply: Reply) -> Answer:
        """The credentials, or their absence."""
        host = self._image.api_host
        if self._login is None:
            text = f"{host} wants credentials{reply.said}: set spec.username and spec.passwordSecretRef."
            return Answer("Unauthorized", text)
        text = f'{host} refuses user "{self._login.username}" with the password given{reply.said}'
        return Answer("Unauthorized", f"{text}: correct spec.username or the password in the Secret.")

    async def _ask(self, method: str, url: str) -> Reply:
        """A request, with the credentials where the registry asks for them."""
        reply = await self._send(method, url, {})
        if reply.status != httpx.codes.UNAUTHORIZED:
            return reply
        scheme, _, rest = reply.headers.get("www-authenticate", "").partition(" ")
        if scheme.lower() == "bearer":
            return await self._ask_with_token(method, url, dict(PARAMETER.findall(rest)))
        if scheme.lower() == "basic" and self._login:
            return await self._send(method, url, {}, auth=httpx.BasicAuth(*self._login))
        return reply

    async def _ask_with_token(self, method: str, url: str, challenge: dict[str, str]) -> Reply:
        """Fetch a token where the challenge says, and ask with it."""
        realm = challenge.get("realm", "")
        wanted = {name: value for name, value in challenge.items() if name in {"service", "scope"}}
        auth = httpx.BasicAuth(*self._login) if self._login else None
        if auth and not realm.startswith(self._base.partition("://")[0]):
            auth = None  # a registry with TLS must not lure the password over a line without
        token_url = httpx.URL(realm).copy_merge_params(wanted)
        reply = await self._send("GET", str(token_url), {}, auth=auth)
        if reply.status != httpx.codes.OK:
            return reply
        with suppress(ValueError, LookupError, TypeError, AttributeError):
            body = json.loads(reply.body)
            token = body.get("token") or body["access_token"]
            return await self._send(method, url, {"authorization": f"Bearer {token}"})
        return reply._replace(status=401)

    async def _send(self, method: str, url: str, headers: dict[str, str], auth: httpx.BasicAuth | None = None) -> Reply:
        """One HTTP request. Redirects are not followed: the password goes where spec.url says."""
        request = self._client.build_request(method, url, headers={"accept": MANIFEST_TYPES, **headers})
        response = await self._client.send(request, auth=auth, stream=True)
        try:
            body = b""
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > LONGEST_BODY:
                    break
            return Reply(response.status_code, response.headers, body)
        finally:
            await response.aclose()

"""HTTP as registries speak it: credentials where they are asked for, redirects, limits.

Basic and Bearer: https://distribution.github.io/distribution/spec/auth/token. Redirects are followed as containerd
does it, since pods pull that way; credentials go to the registry's own origin alone.
"""

import base64
import ipaddress
import json
import re
import ssl
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

import httpx

from inferops.plan.docker_config import Login

TIMEOUT = httpx.Timeout(10.0)
MANIFEST_TYPES = (
    "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json,"
    " application/vnd.docker.distribution.manifest.list.v2+json,"
    " application/vnd.docker.distribution.manifest.v2+json, */*;q=0.1"
)
ASKED = {"accept": MANIFEST_TYPES, "accept-encoding": "identity"}
"""Nothing packed: it could be anything when it is unpacked."""
LONGEST_BODY = 4 << 20
"""Bytes read of an answer, as many as a manifest may have: a hostile host could send for ever."""
MOST_REDIRECTS = 5
REDIRECTS = {301, 302, 303, 307, 308}
METADATA = {"100.100.100.200", "192.0.0.192", "fd00:ec2::254"}
"""Where clouds tell a machine its credentials, beside the link-local 169.254.169.254. No registry is there, and whoever
writes a Registry is not to have them asked: an answer may hold a token, which would go on to the registry.
"""
PARAMETER = re.compile(r'\b(\w+)=(?:"([^"]*)"|([^\s",]+))')


class Reply(NamedTuple):
    """What of an HTTP response matters here."""

    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def said(self) -> str:
        """The registry's own words, from the specification's error body; empty where it said nothing."""
        with suppress(ValueError, TypeError, LookupError, AttributeError, RecursionError):
            error = json.loads(self.body)["errors"][0]
            words = str(error.get("message") or error["code"])[:200]
            return f' (it says "{"".join(filter(str.isprintable, words))}")'
        return ""

    @property
    def ok(self) -> bool:
        """Whether it is what was asked for."""
        return self.status == httpx.codes.OK


class Session:
    """Requests to one registry. Raises httpx.HTTPError or httpx.InvalidURL for what the network does."""

    def __init__(self, client: httpx.AsyncClient, base: str, login: Login | None, *, insecure: bool) -> None:
        self._client = client
        self._base = httpx.URL(base)
        self._login = login
        self._insecure = insecure
        self._authorization = ""

    async def ask(self, method: str, path: str, scope: str) -> Reply:
        """A request, with the credentials where the registry asks for them. `scope` is what a token is wanted for
        where the registry does not say.
        """
        url = self._base.join(path)
        reply = await self._send(method, url, self._authorization)
        if reply.status != httpx.codes.UNAUTHORIZED:
            return reply
        if refusal := await self._authorize(reply, scope):
            return refusal
        return await self._send(method, url, self._authorization)

    async def _authorize(self, reply: Reply, scope: str) -> Reply | None:
        """Answer a challenge; returns the refusal, where there is one."""
        challenges = dict(read_challenge(value) for value in reply.headers.get_list("www-authenticate"))
        if "bearer" in challenges:
            return await self._fetch_token(reply, {"scope": scope} | challenges["bearer"])
        if "basic" in challenges and self._login:
            self._authorization = basic(self._login)
            return None
        return reply

    async def _fetch_token(self, reply: Reply, challenge: dict[str, str]) -> Reply | None:
        """Fetch a token where the challenge says; returns the refusal, where there is one."""
        realm = httpx.URL(challenge.get("realm", ""))
        wanted = {name: challenge[name] for name in ("service", "scope") if challenge.get(name)}
        # a registry with TLS must not lure the password over a line without
        lured = self._base.scheme == "https" and realm.scheme != "https"
        authorization = basic(self._login) if self._login and not lured else ""
        answer = await self._send("GET", realm.copy_merge_params(wanted), authorization)
        if not answer.ok:
            return answer
        with suppress(ValueError, LookupError, TypeError, AttributeError, RecursionError):
            body = json.loads(answer.body)
            self._authorization = f"Bearer {body.get('token') or body['access_token']}"
            return None
        return reply

    async def _send(self, method: str, url: httpx.URL, authorization: str) -> Reply:
        """One request and where it leads. Another origin gets no credentials, a line without TLS no request."""
        origin = (url.scheme, url.host, url.port)
        for _ in range(MOST_REDIRECTS):
            mine = (
                {"authorization": authorization} if authorization and origin == (url.scheme, url.host, url.port) else {}
            )
            reply = await self._request(method, url, mine)
            if reply.status not in REDIRECTS or "location" not in reply.headers:
                return reply
            target = url.join(reply.headers["location"])
            if url.scheme == "https" and target.scheme != "https" and not self._insecure:
                raise httpx.UnsupportedProtocol(f"it redirects to {target.host} without TLS")
            url = target
        raise httpx.TooManyRedirects(f"it redirects more than {MOST_REDIRECTS} times")

    async def _request(self, method: str, url: httpx.URL, headers: dict[str, str]) -> Reply:
        request = self._client.build_request(method, url, headers=ASKED | headers)
        response = await self._client.send(request, stream=True)
        try:
            check_place(response)
            body = b""
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > LONGEST_BODY:
                    break
            return Reply(response.status_code, response.headers, body)
        finally:
            await response.aclose()


def check_place(response: httpx.Response) -> None:
    """Refuse to read what came from an address of METADATA, whatever name led there. Raises httpx.ConnectError."""
    stream = response.extensions.get("network_stream")
    host, *_ = (stream and stream.get_extra_info("server_addr")) or ("",)
    address = ipaddress.ip_address(host.partition("%")[0]) if host else None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if address and (address.is_link_local or str(address) in METADATA):
        raise httpx.ConnectError(f"{response.url.host} leads to {address}, where no registry may be")


def read_challenge(value: str) -> tuple[str, dict[str, str]]:
    """Scheme in lowercase and parameters of a WWW-Authenticate header."""
    scheme, _, rest = value.strip().partition(" ")
    return scheme.lower(), {name.lower(): quoted or bare for name, quoted, bare in PARAMETER.findall(rest)}


def basic(login: Login) -> str:
    """The Authorization header of RFC 7617."""
    return f"Basic {base64.b64encode(f'{login.username}:{login.password}'.encode()).decode()}"


@lru_cache(maxsize=64)
def build_tls(ca_bundle: str | None, *, insecure: bool) -> ssl.SSLContext:
    """Whose certificates count: the public authorities, and the Registry's own. Takes 20 ms, so the last ones are kept.
    Raises ssl.SSLError where the bundle holds no certificate.
    """
    context = httpx.create_ssl_context(verify=not insecure)
    if ca_bundle and not insecure:
        context.load_verify_locations(cadata=ca_bundle)
    return context

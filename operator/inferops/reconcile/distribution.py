"""Asks a container registry whether it is there, takes the credentials and has the image.

The OCI distribution specification's API: GET /v2/, HEAD /v2/<name>/manifests/<reference>; for the platforms of a digest
that was not seen before, its manifest and configuration. A HEAD counts nowhere as a pull, a GET does on Docker Hub.
No answer of ours ever contains a password.
"""

import ssl
from collections.abc import MutableMapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256

import httpx

from inferops.plan.docker_config import Login
from inferops.plan.images import Image, parse_image
from inferops.plan.platforms import config_digest, describe_platform, index_platforms, parse_document
from inferops.plan.registry_status import Answer
from inferops.reconcile.registry_http import TIMEOUT, Reply, Session, build_tls
from inferops.specs.registry import RegistrySpec

Platforms = MutableMapping[str, tuple[str, ...]]
"""Of images by digest: it never changes."""
SPARE_PULLS = 10
"""Pulls that are left to the nodes where a registry counts them."""


async def check_registry(spec: RegistrySpec, login: Login | None, platforms: Platforms) -> Answer:
    """Ask the registry that a Registry describes; what is found out about platforms is added to `platforms`.
    Never raises for what the network or the registry does.
    """
    image = parse_image(spec.url)
    try:
        tls = build_tls(spec.ca_bundle, insecure=spec.insecure)
    except ssl.SSLError as error:
        return Answer("TLSFailed", f"spec.caBundle holds no PEM certificate that can be read ({error.reason}).")
    async with httpx.AsyncClient(verify=tls, timeout=TIMEOUT) as client:
        for scheme in ("https", "http") if spec.insecure else ("https",):
            session = Session(client, f"{scheme}://{image.api_host}", login, insecure=spec.insecure)
            try:
                return await Check(session, spec, image, login, platforms).run()
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                failure = error
                if not isinstance(error, httpx.ConnectError | httpx.RemoteProtocolError):
                    break  # it does speak TLS
    return explain(failure, image)


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
    return Answer("Unreachable", text, of_host=isinstance(error, httpx.ConnectError | httpx.TimeoutException))


class Check:
    """One conversation."""

    def __init__(
        self, session: Session, spec: RegistrySpec, image: Image, login: Login | None, platforms: Platforms
    ) -> None:
        self._session = session
        self._spec = spec
        self._image = image
        self._login = login
        self._platforms = platforms

    async def run(self) -> Answer:
        """Ping, then look for the image where there is one."""
        host, repository = self._image.api_host, self._image.repository
        ping = await self._ask("GET", "")
        if ping.status in {401, 403} and (self._login or not repository):
            return self._refused(ping)
        if not ping.ok and ping.status not in {401, 403}:
            return self._failed(ping, "to /v2/", "check that spec.url names a container registry")
        if not repository:
            return Answer("Verified", f"{host} answers{' and takes the credentials' if self._login else ''}.")
        path = f"{repository}/manifests/{self._image.reference}"
        head = await self._ask("HEAD", path)
        if head.status in {405, 501}:
            head = await self._ask("GET", path)
        return await self._judge(head)

    async def _judge(self, reply: Reply) -> Answer:
        """What the answer about the manifest means."""
        host, name = self._image.api_host, self._image.name
        if reply.ok:
            digest = reply.headers.get("docker-content-digest")
            return Answer("Verified", f"{host} has {name}.", digest, await self._find_platforms(digest, reply))
        if reply.status in {401, 403}:
            return self._refused(reply)
        if reply.status == httpx.codes.NOT_FOUND:
            return Answer("NotFound", f"{host} has no image {name}: check name and tag in spec.url.")
        return self._failed(reply, f"about {name}", "it is asked again")

    def _refused(self, reply: Reply) -> Answer:
        """The credentials, or their absence."""
        host, name = self._image.api_host, self._image.name
        if self._login:
            text = f'{host} refuses user "{self._login.username}" with the password given{reply.said}'
            mend = "correct user name or password in the Secret"
            what = f", and check that {name} exists and the user may pull it" if name else ""
            return Answer("Unauthorized", f"{text}: {mend}{what}.")
        if reference := self._spec.docker_config_secret_ref:
            mend = (
                f'Secret "{reference.name}" of spec.dockerConfigSecretRef has no login for it. Add'
                f' auths."{self._image.auth_key}" with auth, or username and password: nodes use nothing else'
            )
        else:
            mend = "set spec.username and spec.passwordSecretRef"
        what = f", if {name} exists" if name else ""
        return Answer("Unauthorized", f"{host} wants credentials{what}{reply.said}: {mend}.")

    def _failed(self, reply: Reply, about: str, mend: str) -> Answer:
        """Any other answer."""
        host, wish = self._image.api_host, retry_after(reply)
        if reply.status == httpx.codes.TOO_MANY_REQUESTS:
            text = f"{host} is asked too often{reply.said}: it is left alone for a while"
            hint = "" if self._login else "; with credentials it may allow more"
            return Answer("RateLimited", f"{text}{hint}.", retry_after=wish, of_host=True)
        text = f"{host} answers {reply.status} {about}{reply.said}: {mend}."
        return Answer("Unreachable", text, retry_after=wish, of_host=wish is not None)

    async def _find_platforms(self, digest: str | None, reply: Reply) -> tuple[str, ...]:
        """The platforms of the image, from what is known or the registry; empty where it does not say."""
        if digest is not None and digest not in self._platforms and spare_pulls(reply) > SPARE_PULLS:
            with suppress(httpx.HTTPError, httpx.InvalidURL, AttributeError, TypeError):  # or it is no manifest
                if found := await self._read_platforms(digest):
                    self._platforms[digest] = found
        return self._platforms.get(digest or "", ())

    async def _read_platforms(self, digest: str) -> tuple[str, ...]:
        manifest = await self._read_document("manifests", digest)
        if "manifests" in manifest:
            return index_platforms(manifest)
        if config := config_digest(manifest):
            return tuple(filter(None, [describe_platform(await self._read_document("blobs", config))]))
        return ()

    async def _read_document(self, kind: str, digest: str) -> dict[str, object]:
        """A JSON document by its digest; empty where it is not what the digest says."""
        reply = await self._ask("GET", f"{self._image.repository}/{kind}/{digest}")
        genuine = reply.ok and digest == f"sha256:{sha256(reply.body).hexdigest()}"
        return parse_document(reply.body) if genuine else {}

    async def _ask(self, method: str, path: str) -> Reply:
        repository = self._image.repository
        return await self._session.ask(method, f"/v2/{path}", f"repository:{repository}:pull" if repository else "")


def spare_pulls(reply: Reply) -> float:
    """How many pulls are left, where the registry counts them, as `ratelimit-remaining: 76;w=21600`."""
    left = reply.headers.get("ratelimit-remaining", "").partition(";")[0].strip()
    return int(left) if left.isdigit() else float("inf")


def retry_after(reply: Reply) -> float | None:
    """Seconds of Retry-After, a number or a date (RFC 9110)."""
    text = reply.headers.get("retry-after", "").strip()
    if text.isdigit():
        return float(text)
    with suppress(ValueError):
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    return None

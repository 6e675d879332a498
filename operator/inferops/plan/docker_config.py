"""Docker's client configuration, as the kubelet reads it from a Secret of type kubernetes.io/dockerconfigjson.

Of an entry of `auths` the kubelet uses `auth` or, without it, `username` and `password`, and nothing else: neither
identitytoken and registrytoken nor credHelpers and credsStore. So neither do we.
Source: https://kubernetes.io/docs/concepts/containers/images/#config-json and kubelet's pkg/credentialprovider.
"""

import base64
import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from inferops.errors import SpecError
from inferops.plan.images import DOCKER_HUB, Image

CREATE_CONFIG = "make it with `kubectl create secret docker-registry`"
DEFAULT_HOST = "index.docker.io"
"""Where an entry for Docker Hub usually stands."""


class Login(NamedTuple):
    """User name and password."""

    username: str
    password: str

    def __repr__(self) -> str:
        return f"Login({self.username!r}, ...)"


def docker_config(host: str, login: Login) -> str:
    """A configuration with one login."""
    auth = base64.b64encode(f"{login.username}:{login.password}".encode()).decode()
    return json.dumps({"auths": {host: {**login._asdict(), "auth": auth}}}, sort_keys=True)


def read_login(config: str, image: Image) -> Login | None:
    """The login that the kubelet tries first for an image; None where it would pull without. Raises SpecError."""
    try:
        auths = json.loads(config)["auths"]
        entries = {locate(place): entry for place, entry in auths.items()}
        found = [entries[place] for place in sorted(entries, reverse=True) if matches(place, image)]
        if image.host == DOCKER_HUB and not found:
            found = [entry for place, entry in entries.items() if place == DEFAULT_HOST]
        return read_entry(found[0]) if found else None
    except (ValueError, LookupError, TypeError, AttributeError):
        raise SpecError(
            'the Docker configuration is not {"auths": {"<host>": {"auth": "<base64 of user:password>"}}}: '
            + CREATE_CONFIG,
            reason="InvalidSecret",
        ) from None


def read_entry(entry: Mapping[str, Any]) -> Login | None:
    """The login in one entry; None where it has none that the kubelet would use. Raises ValueError."""
    if auth := entry.get("auth"):
        username, colon, password = base64.b64decode(f"{auth}{'=' * (-len(auth) % 4)}").decode().partition(":")
        if not colon:
            raise ValueError
        return Login(username, password.rstrip("\0"))
    plain = Login(entry.get("username") or "", entry.get("password") or "")
    return plain if all(plain) else None


def locate(place: str) -> str:
    """Host and path that an entry is for, from its key: a URL with or without scheme and version."""
    url = urlsplit(place if place.startswith(("https://", "http://")) else f"https://{place}")
    path = url.path[3:] if url.path.startswith(("/v1/", "/v2/")) else url.path
    return f"{url.netloc}{path if path != '/' else ''}"


def matches(place: str, image: Image) -> bool:
    """Whether an entry is for the image: the host label by label, with wildcards, and the beginning of the path."""
    host, slash, path = place.partition("/")
    name, _, port = image.host.partition(":")
    pattern, _, given_port = host.partition(":")
    labels, patterns = name.split("."), pattern.split(".")
    same_host = port == given_port and len(labels) == len(patterns) and all(map(fnmatchcase, labels, patterns))
    return same_host and (not image.repository or f"/{image.repository}".startswith(f"{slash}{path}"))

"""Image references, as the distribution specification and Docker's conventions read them."""

from typing import NamedTuple

DOCKER_HUB = "docker.io"
DOCKER_HUB_API = "registry-1.docker.io"
DOCKER_HUB_AUTH = "https://index.docker.io/v1/"
"""Docker Hub's key in a dockerconfigjson, for historical reasons."""


class Image(NamedTuple):
    """`host/repository:tag` or `host/repository@digest`; repository and reference are empty for a bare host."""

    host: str
    repository: str
    reference: str

    @property
    def api_host(self) -> str:
        """Host that answers the registry's API."""
        return DOCKER_HUB_API if self.host == DOCKER_HUB else self.host

    @property
    def name(self) -> str:
        """Repository and reference as people write them; empty for a bare host."""
        mark = "@" if ":" in self.reference else ":"
        return f"{self.repository}{mark}{self.reference}" if self.repository else ""

    @property
    def auth_key(self) -> str:
        """The host's key in a dockerconfigjson."""
        return DOCKER_HUB_AUTH if self.host == DOCKER_HUB else self.host


def parse_image(text: str) -> Image:
    """Read a registry host ("ghcr.io") or an image reference ("ghcr.io/a/b:1"). Without a slash it is a host."""
    host, slash, rest = text.strip().rstrip("/").partition("/")
    if not slash:
        return Image(hub(host), "", "")
    if "." not in host and ":" not in host and host != "localhost":
        host, rest = DOCKER_HUB, f"{host}/{rest}"
    name, at, digest = rest.partition("@")
    repository, colon, tag = name.rpartition(":")
    if not colon:
        repository, tag = name, "latest"
    if hub(host) == DOCKER_HUB:
        # Sesterce's own example spells official images docker.io/library/user/image
        repository = repository if "/" in repository else f"library/{repository}"
    return Image(hub(host), repository, digest if at else tag)


def hub(host: str) -> str:
    """Docker Hub goes by several names."""
    return DOCKER_HUB if host in {DOCKER_HUB, DOCKER_HUB_API, "index.docker.io"} else host

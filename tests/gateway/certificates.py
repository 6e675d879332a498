"""Certificates, and the folders that Kubernetes mounts Secrets as."""

import itertools
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from inferops.cli.gateway import write_secrets
from inferops.gateway.bootstrap import BootstrapSettings
from inferops.settings import CertificateSettings
from tests.gateway.gateway import Gateway

_versions = itertools.count(1)


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


@dataclass
class Authority:
    """Signs certificates that `trust` accepts."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def __post_init__(self) -> None:
        self.pem = self._sign("ca", self.key, x509.BasicConstraints(ca=True, path_length=None))

    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self.pem.decode())

    def issue(self, *hosts: str, days: int = 1) -> dict[str, bytes]:
        """The data of a Secret of type kubernetes.io/tls; `days` below 0: it has ended."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return {"tls.crt": self._sign(hosts[0], key, names, days), "tls.key": private}

    def _sign(self, name: str, key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType, days: int = 1) -> bytes:
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder(named("ca"), named(name), key.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(now - timedelta(days=9)).not_valid_after(now + timedelta(days=days))
        return builder.add_extension(extension, critical=False).sign(self.key, SHA256()).public_bytes(Encoding.PEM)


def mount(folder: Path, files: dict[str, bytes]) -> None:
    """What the kubelet does when a Secret changes: a new folder, the link to it replaced at once, then the names."""
    version = folder / f"..version_{next(_versions)}"
    version.mkdir(parents=True)
    for name, content in files.items():
        (version / name).write_bytes(content)
    link = folder / "..data_tmp"
    link.symlink_to(version.name)
    link.rename(folder / "..data")
    for name in files:
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(f"..data/{name}")


@asynccontextmanager
async def serve_tls(gateway: Gateway, secrets: Path, *certificates: CertificateSettings) -> AsyncIterator[Gateway]:
    """Control, and Envoy with these certificates from folders of `secrets`, as the pod's start prepares it."""
    settings = gateway.settings.gateway.model_copy(update={"tls": certificates})
    folders: dict[str, Any] = {"folder": str(gateway.folder), "certificate_folder": str(secrets)}
    write_secrets(BootstrapSettings("", "", 0, settings, **folders))
    async with gateway.control(), gateway.envoy(bootstrap=gateway.bootstrap(gateway=settings, **folders)):
        yield gateway

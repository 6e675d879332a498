"""Certificates of our own processes: self-signed, and trusted as such, so that there is no authority whose key could
leak.

A rotation has two steps. The next certificate is first made and trusted beside the present one; only once those who are
to trust it have had time to hear of it does it serve. The one before stays trusted, for replicas that still serve it.
"""

import base64
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = timedelta(days=90)
RENEW_BEFORE = timedelta(days=30)
"""So long before its end a certificate gets its successor."""
SETTLING = timedelta(minutes=2)
"""So long the successor is trusted before it serves, where nothing else is asked for."""
SKEW = timedelta(hours=1)
"""Certificates are valid from a little before they are made: clocks differ."""

PURPOSES = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, in PEM."""

    certificate: str
    key: str

    def __repr__(self) -> str:
        return "Pair(...)"

    @property
    def parsed(self) -> x509.Certificate:
        """The certificate. Raises ValueError."""
        return x509.load_pem_x509_certificate(self.certificate.encode())

    def is_readable(self) -> bool:
        """Whether the certificate is one."""
        try:
            return bool(self.parsed)
        except ValueError:
            return False

    def serves(self, hosts: list[str]) -> bool:
        """Whether it is a certificate for all these hosts, with its own key."""
        try:
            names = self.parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            key = serialization.load_pem_private_key(self.key.encode(), password=None)
            own = isinstance(key, ec.EllipticCurvePrivateKey) and key.public_key() == self.parsed.public_key()
        except (ValueError, TypeError, x509.ExtensionNotFound):
            return False
        return own and {*names.get_values_for_type(x509.DNSName)} >= {*hosts}


@dataclass(frozen=True)
class Certificates:
    """What the Secret holds."""

    serving: Pair
    next: Pair | None = None
    previous: str = ""
    """The certificate that served before, without its key."""

    @property
    def trusted(self) -> str:
        """What the other side should trust: all of them, in PEM."""
        return self.serving.certificate + (self.next.certificate if self.next else "") + self.previous

    @classmethod
    def read(cls, data: Mapping[str, str]) -> Self | None:
        """From a Secret's data; None where there is no pair in it."""
        text = {name: base64.b64decode(value).decode(errors="replace") for name, value in data.items()}
        if not (text.get("tls.crt") and text.get("tls.key")):
            return None
        following = Pair(text.get("next.crt", ""), text.get("next.key", ""))
        previous = Pair(text.get("previous.crt", ""), "")
        return cls(
            Pair(text["tls.crt"], text["tls.key"]),
            following if following.is_readable() else None,
            previous.certificate if previous.is_readable() else "",
        )

    def as_data(self) -> dict[str, str]:
        """As a Secret's data; what is absent is empty."""
        following = self.next or Pair("", "")
        text = {
            "tls.crt": self.serving.certificate,
            "tls.key": self.serving.key,
            "next.crt": following.certificate,
            "next.key": following.key,
            "previous.crt": self.previous,
        }
        return {name: base64.b64encode(value.encode()).decode() for name, value in text.items()}


def rotate(
    known: Certificates | None, hosts: list[str], now: datetime, settling: timedelta | None = None
) -> Certificates:
    """What the Secret should hold now: the same, the next step of a rotation, or a new beginning."""
    if known is None or not known.serving.serves(hosts) or known.serving.parsed.not_valid_after_utc <= now:
        return Certificates(build_pair(hosts, now))
    if known.next and known.next.serves(hosts):
        settled = known.next.parsed.not_valid_before_utc + SKEW + (settling or SETTLING)
        return Certificates(known.next, previous=known.serving.certificate) if now >= settled else known
    if now >= known.serving.parsed.not_valid_after_utc - RENEW_BEFORE:
        return replace(known, next=build_pair(hosts, now))
    return known


def build_pair(hosts: list[str], now: datetime) -> Pair:
    """A new key and a certificate for it, on this machine's own address too."""
    key = ec.generate_private_key(ec.SECP256R1())
    serial = x509.random_serial_number()
    unique = f"inferops {serial:x}"  # OpenSSL looks for whom to trust by this name
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, unique)])
    addresses = [x509.DNSName(host) for host in hosts]
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(now - SKEW)
        .not_valid_after(now + LIFETIME)
        .add_extension(
            x509.SubjectAlternativeName([*addresses, x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.ExtendedKeyUsage(PURPOSES), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    )
    certificate = builder.sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Pair(certificate.public_bytes(serialization.Encoding.PEM).decode(), private.decode())

"""What is wrong with the gateway's certificates, said where its pod starts: Envoy tells by a closed connection only."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from inferops.settings import CertificateSettings


def find_faults(certificates: Iterable[CertificateSettings], folder: Path, now: datetime) -> list[str]:
    """A sentence for each certificate that Envoy cannot serve, or clients will refuse."""
    return [
        f"gateway.tls: Secret {each.secret_name}: {fault}"
        for each in certificates
        if (fault := find_fault(folder / each.secret_name, now))
    ]


def find_fault(folder: Path, now: datetime) -> str | None:
    """What is wrong with the certificate in a mounted Secret."""
    try:
        chain = x509.load_pem_x509_certificates((folder / "tls.crt").read_bytes())
        key = load_pem_private_key((folder / "tls.key").read_bytes(), password=None)
    except FileNotFoundError as error:
        name = Path(error.filename).name
        return f"there is no {name}: TLS with it begins as soon as there is one, a Secret of type kubernetes.io/tls."
    except (ValueError, TypeError):
        return "tls.crt and tls.key must be PEM, and the key without a password: TLS with it begins when they are."
    if key.public_key() != chain[0].public_key():
        return "tls.key does not belong to the first certificate of tls.crt: TLS with it begins when it does."
    if chain[0].not_valid_after_utc <= now:
        return f"the certificate ended on {chain[0].not_valid_after_utc:%Y-%m-%d}: clients refuse it."
    return None

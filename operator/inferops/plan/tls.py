"""Certificates that the gateway is to serve, judged: Envoy itself tells by a closed connection only."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

FILES = ("tls.crt", "tls.key")


class Certificate(NamedTuple):
    """What the Secret of one certificate gives."""

    fault: str = ""
    """Why Envoy does not serve it, or clients refuse it; empty: they do."""
    ends: datetime | None = None
    refusal: str = ""
    """Why the Secret could not be read."""


def judge_certificate(data: Mapping[str, bytes], now: datetime) -> Certificate:
    """`data`: of a Secret of type kubernetes.io/tls; empty where there is none."""
    if missing := [name for name in FILES if name not in data]:
        return Certificate(f"there is no {missing[0]}: make a Secret of type kubernetes.io/tls")
    try:
        chain = x509.load_pem_x509_certificates(data["tls.crt"])
        key = load_pem_private_key(data["tls.key"], password=None)
    except (ValueError, TypeError):
        return Certificate("tls.crt and tls.key must be PEM, and the key without a password")
    ends = chain[0].not_valid_after_utc
    if key.public_key() != chain[0].public_key():
        return Certificate("tls.key does not belong to the first certificate of tls.crt", ends)
    if ends <= now:
        return Certificate(f"the certificate ended on {ends:%Y-%m-%d}: clients refuse it", ends)
    return Certificate(ends=ends)

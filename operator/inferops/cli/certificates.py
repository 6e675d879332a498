"""The gateway's certificates as its pod finds them when it starts."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from inferops.plan.tls import FILES, judge_certificate
from inferops.settings import CertificateSettings


def find_faults(certificates: Iterable[CertificateSettings], folder: Path, now: datetime) -> list[str]:
    """A sentence for each certificate that Envoy cannot serve, or clients will refuse; `folder` has the Secrets."""
    faults = {
        each.secret_name: judge_certificate(read_secret(folder / each.secret_name), now).fault for each in certificates
    }
    return [f"gateway.tls: Secret {name}: {fault}." for name, fault in faults.items() if fault]


def read_secret(folder: Path) -> dict[str, bytes]:
    """Data of a mounted Secret; empty where there is none."""
    return {name: (folder / name).read_bytes() for name in FILES if (folder / name).exists()}

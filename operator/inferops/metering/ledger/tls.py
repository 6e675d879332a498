"""How the ledger proves itself, and asks those that come to prove themselves: mutual TLS. The files are those of
handlers/peers.py, as Kubernetes mounts them.
"""

import ssl
from pathlib import Path

FILES = ("tls.crt", "tls.key", "ca.crt")
Identity = tuple[tuple[int, int], ...]


def read_identity(folder: Path) -> Identity:
    """What changes with the files. Raises OSError."""
    found = ((folder / name).stat() for name in FILES)
    return tuple((each.st_ino, each.st_mtime_ns) for each in found)


def build_tls(folder: Path) -> ssl.SSLContext:
    """Ours, and trust in those that may ask and in no other. Raises OSError and ssl.SSLError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    context.load_verify_locations(folder / "ca.crt")
    return context

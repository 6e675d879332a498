"""How control proves itself to the gateway, and asks it to prove itself: mutual TLS with certificates that change.

The files are those of handlers/peers.py, as Kubernetes mounts them. They are read at every handshake: a changed one
holds from the next connection on, and open connections stay.
"""

import logging
from pathlib import Path

import grpc

logger = logging.getLogger(__name__)


def listen(server: grpc.aio.Server, address: str, folder: str | None) -> None:
    """Let the server answer there; without a folder of certificates anybody, and in plain text. Raises OSError."""
    if folder is None:
        server.add_insecure_port(address)
    else:
        server.add_secure_port(address, build_credentials(Path(folder)))


def build_credentials(folder: Path) -> grpc.ServerCredentials:
    """For a gRPC server; a client without a certificate that ca.crt names gets no connection. Raises OSError."""
    known = read_certificates(folder)

    def read_again() -> grpc.ServerCertificateConfiguration:
        nonlocal known
        try:
            known = read_certificates(folder)
        except OSError as error:  # those that were read last still hold
            logger.warning("certificates cannot be read", extra={"error": str(error)})
        return known

    return grpc.dynamic_ssl_server_credentials(known, read_again, require_client_authentication=True)


def read_certificates(folder: Path) -> grpc.ServerCertificateConfiguration:
    """What the folder holds now. Raises OSError."""
    key, certificate, trusted = ((folder / name).read_bytes() for name in ("tls.key", "tls.crt", "ca.crt"))
    return grpc.ssl_server_certificate_configuration([(key, certificate)], root_certificates=trusted)

"""TLS at the gateway: the listener's filter chains, one for each certificate, and where Envoy reads them.

To Envoy a certificate is a file of its own (SDS): it is read again whenever its folder changes, open connections stay,
and one that is missing or broken closes the connections that ask for it and no others.
Source: https://www.envoyproxy.io/docs/envoy/latest/configuration/security/secret
"""

from collections.abc import Callable, Iterable
from pathlib import PurePath
from typing import Any

from inferops.settings import CertificateSettings

Config = dict[str, Any]
TYPES = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3"
CURRENT = "..data"
"""What Kubernetes replaces when a mounted Secret changes; the files beside it are links into it, made later."""


def build_chains(
    certificates: Iterable[CertificateSettings], files: PurePath, folder: PurePath, http: Callable[[], Config]
) -> list[Config]:
    """envoy.config.listener.v3.FilterChain as JSON: `files` has what build_secret gives, `folder` the Secrets."""
    return [
        {
            "name": each.secret_name,
            **({"filter_chain_match": {"server_names": [host.lower() for host in each.hosts]}} if each.hosts else {}),
            "filters": [http()],
            "transport_socket_connect_timeout": "10s",
            "transport_socket": {"name": "tls", "typed_config": build_context(each.secret_name, files, folder)},
        }
        for each in certificates
    ]


def build_context(name: str, files: PurePath, folder: PurePath) -> Config:
    """DownstreamTlsContext as JSON."""
    source = {"path": str(secret_file(files, name)), "watched_directory": {"path": str(folder / name)}}
    return {
        "@type": f"{TYPES}.DownstreamTlsContext",
        "common_tls_context": {
            "alpn_protocols": ["h2", "http/1.1"],
            "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
            "tls_certificate_sds_secret_configs": [
                {"name": name, "sds_config": {"path_config_source": source, "resource_api_version": "V3"}}
            ],
        },
    }


def secret_file(files: PurePath, name: str) -> PurePath:
    """Where build_secret's answer belongs."""
    return files / f"{name}.sds.yaml"


def build_secret(name: str, folder: PurePath) -> Config:
    """DiscoveryResponse as JSON: where the certificate and its key are, and what to watch."""
    certificate = {
        "certificate_chain": {"filename": str(folder / name / CURRENT / "tls.crt")},
        "private_key": {"filename": str(folder / name / CURRENT / "tls.key")},
        "watched_directory": {"path": str(folder / name)},
    }
    return {"resources": [{"@type": f"{TYPES}.Secret", "name": name, "tls_certificate": certificate}]}

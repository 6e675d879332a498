"""How the gateway proves itself to control, and asks it to prove itself: mutual TLS on the cluster `control`.

The files are those of handlers/peers.py, as Kubernetes mounts them; Envoy reads them again when their folder changes.
"""

from pathlib import PurePath
from typing import Any

from inferops.gateway.tls import CURRENT, TYPES

Config = dict[str, Any]
OWN, TRUSTED = "peer-own", "peer-trusted"


def build_transport(host: str, files: PurePath, folder: PurePath) -> Config:
    """envoy.config.core.v3.TransportSocket as JSON. `files` has what build_files gives, `folder` the certificates;
    control's must name `host`.
    """
    name = {"san_type": "DNS", "matcher": {"exact": host}}
    validation = {
        "default_validation_context": {"match_typed_subject_alt_names": [name]},
        "validation_context_sds_secret_config": build_source(TRUSTED, files, folder),
    }
    context = {
        "@type": f"{TYPES}.UpstreamTlsContext",
        "sni": host,
        "common_tls_context": {
            "alpn_protocols": ["h2"],
            "tls_params": dict.fromkeys(("tls_minimum_protocol_version", "tls_maximum_protocol_version"), "TLSv1_3"),
            "tls_certificate_sds_secret_configs": [build_source(OWN, files, folder)],
            "combined_validation_context": validation,
        },
    }
    return {"name": "tls", "typed_config": context}


def build_source(name: str, files: PurePath, folder: PurePath) -> Config:
    """SdsSecretConfig as JSON."""
    path = {"path": str(files / f"{name}.sds.yaml"), "watched_directory": {"path": str(folder)}}
    return {"name": name, "sds_config": {"path_config_source": path, "resource_api_version": "V3"}}


def build_files(folder: PurePath) -> dict[str, Config]:
    """DiscoveryResponses as JSON, by the name of the file that each belongs into."""

    def at(name: str) -> Config:
        return {"filename": str(folder / CURRENT / name)}

    watched = {"watched_directory": {"path": str(folder)}}
    own = {"tls_certificate": {"certificate_chain": at("tls.crt"), "private_key": at("tls.key"), **watched}}
    trusted = {"validation_context": {"trusted_ca": at("ca.crt"), **watched}}
    return {
        f"{name}.sds.yaml": {"resources": [{"@type": f"{TYPES}.Secret", "name": name, **secret}]}
        for name, secret in ((OWN, own), (TRUSTED, trusted))
    }

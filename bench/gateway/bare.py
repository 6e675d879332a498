"""Envoy with a router and nothing else: the limit of what any gateway on Envoy can do."""

from typing import Any

import yaml

PREFIX = "type.googleapis.com/envoy.extensions.filters"
MANAGER = f"{PREFIX}.network.http_connection_manager.v3.HttpConnectionManager"
ROUTER = {"name": "router", "typed_config": {"@type": f"{PREFIX}.http.router.v3.Router"}}


def render_bare(port: int, admin_port: int, upstream_port: int) -> str:
    """envoy.config.bootstrap.v3.Bootstrap as YAML."""
    manager = {
        "@type": MANAGER,
        "stat_prefix": "bare",
        "route_config": {
            "virtual_hosts": [
                {
                    "name": "all",
                    "domains": ["*"],
                    "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "engine"}}],
                }
            ]
        },
        "http_filters": [ROUTER],
    }
    listener = {
        "name": "bare",
        "address": build_address(port),
        "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
    }
    members = [{"endpoint": {"address": build_address(upstream_port)}}]
    assignment = {"cluster_name": "engine", "endpoints": [{"lb_endpoints": members}]}
    cluster = {"name": "engine", "type": "STATIC", "load_assignment": assignment}
    bootstrap = {
        "admin": {"address": build_address(admin_port)},
        "static_resources": {"listeners": [listener], "clusters": [cluster]},
    }
    return yaml.safe_dump(bootstrap)


def build_address(port: int) -> dict[str, Any]:
    """On loopback."""
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}

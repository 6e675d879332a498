"""Headers and metadata by which the pieces of the gateway speak to each other."""

from typing import Any

from envoy.config.core.v3.base_pb2 import HeaderValue, HeaderValueOption, Metadata

HOST_HEADER = "x-vhost"
"""Which virtual host a request belongs to."""
KEY_HEADER = "x-key-hash"
"""SHA-256 of the caller's key."""
CLIENT_HEADER = "x-client-id"
"""`<namespace>/<ApiKey>`, once the key is known; the engine and the access log see it."""
ELSEWHERE_HEADER = "x-elsewhere"
"""On an answer that another replica should give (gateway/src/shutting_down.rs)."""
PREFIX_HEADER = "x-prefix-hash"
"""What PrefixHash chooses a replica by."""
CLIENT_REQUEST_HEADER = "x-client-request-id"
"""The caller's own id of a request, in the log and in the answer. x-request-id is ours, and never the same twice."""
CLIENT_REQUEST_ID = "%REQ(X-CLIENT-REQUEST-ID):512%"
METADATA = "inferops"
"""Namespace of our metadata on routes and requests."""


def set_header(name: str, value: str) -> Any:
    """A header, in place of what may be there."""
    action = HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD
    return HeaderValueOption(header=HeaderValue(key=name, value=value), append_action=action)


def build_metadata(**texts: str) -> Any:
    """A route's metadata, for the module."""
    metadata = Metadata()
    metadata.filter_metadata[METADATA].update(texts)
    return metadata

"""Hashes of keys -> the two api_key_auth filters, by extension discovery (ECDS): a change reaches new requests at once
and leaves open streams alone.
"""

from typing import Any

from envoy.config.core.v3.extension_pb2 import TypedExtensionConfig
from envoy.extensions.filters.http.api_key_auth.v3.api_key_auth_pb2 import (
    ApiKeyAuth,
    Credential,
    Forwarding,
    KeySource,
)

from inferops.gateway.keys import Keyring
from inferops.gateway.resources import pack
from inferops.gateway.virtual_hosts import CLIENT_HEADER, KEY_HEADER, NOBODY

FILTER_NAMES = ("auth", "preauth")
"""auth: on every request, against the instance's list; preauth: on the shared host, before the body is read."""
UNMATCHABLE = Credential(key="none", client=NOBODY)
"""No hash looks like it; the filter wants at least one credential."""


def build_credentials(keyring: Keyring) -> list[Any]:
    """The configuration of both filters."""
    credentials = [Credential(key=key, client=client) for key, client in sorted(keyring.credentials.items())]
    config = ApiKeyAuth(
        credentials=credentials or [UNMATCHABLE],
        key_sources=[KeySource(header=KEY_HEADER)],
        forwarding=Forwarding(header=CLIENT_HEADER),
    )
    return [TypedExtensionConfig(name=name, typed_config=pack(config)) for name in FILTER_NAMES]

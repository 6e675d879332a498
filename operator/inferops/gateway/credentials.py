"""Who may come in: hashes of keys -> the two api_key_auth filters, and an instance's list for them.

The hashes travel by extension discovery (ECDS): a change reaches new requests at once and leaves open streams alone.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from envoy.config.core.v3.extension_pb2 import TypedExtensionConfig
from envoy.extensions.filters.http.api_key_auth.v3.api_key_auth_pb2 import (
    ApiKeyAuth,
    ApiKeyAuthPerRoute,
    Credential,
    Forwarding,
    KeySource,
)

from inferops.gateway.headers import ANYONE_HEADER, CLIENT_HEADER, KEY_HEADER
from inferops.gateway.resources import pack

FILTER_NAMES = ("auth", "preauth")
"""auth: on every request, against the instance's list; preauth: on the shared host, before the body is read."""
NOBODY = "-"
"""No client has this id. An empty list of allowed clients would mean everybody."""
UNMATCHABLE = Credential(key="none", client=NOBODY)
"""No hash looks like it; the filter wants at least one credential."""
ANYONE = Credential(key="anyone", client="anyone")
FORWARDING = Forwarding(header=CLIENT_HEADER)


def build_credentials(clients: Mapping[str, str]) -> list[Any]:
    """The configuration of both filters, by client ids of hashes."""
    config = pack(
        ApiKeyAuth(
            credentials=[] if clients else [UNMATCHABLE],
            key_sources=[KeySource(header=KEY_HEADER)],
            forwarding=FORWARDING,
        )
    )
    # serialized messages in a row are their sum: of ten thousand keys only the changed one is serialized again
    config.value += b"".join(serialize_credential(*pair) for pair in sorted(clients.items()))
    return [TypedExtensionConfig(name=name, typed_config=config) for name in FILTER_NAMES]


@lru_cache(maxsize=1 << 17)
def serialize_credential(key: str, client: str) -> bytes:
    """An ApiKeyAuth with this one only."""
    serialized: bytes = ApiKeyAuth(credentials=[Credential(key=key, client=client)]).SerializeToString()
    return serialized


def build_auth(clients: tuple[str, ...] | None) -> Any:
    """An instance's list: these clients, or everybody (None)."""
    if clients is None:
        return pack(ApiKeyAuthPerRoute(credentials=[ANYONE], key_sources=[KeySource(header=ANYONE_HEADER)]))
    # what is forwarded must be said again here, or it is not forwarded at all
    return pack(ApiKeyAuthPerRoute(allowed_clients=clients or [NOBODY], forwarding=FORWARDING))

"""Tells gateways which keys of running streams open nothing any more, where settings.gateway.revokedStreams is End.

One method, `/inferops.Keys/Revoked`, gRPC with plain text for messages, since gateway/src/streams.rs speaks it by hand:
hashes of keys, and of these the revoked ones. Nothing is remembered, so that a new control tells the same.
"""

from collections.abc import Callable, Mapping
from typing import Any

import grpc

SERVICE = "inferops.Keys"


def revocations_handler(credentials: Callable[[], Mapping[str, str]]) -> Any:
    """The service, for a gRPC server; `credentials` gives the hashes that are valid now."""

    async def revoked(hashes: bytes, _context: Any) -> bytes:
        valid = credentials()
        return b" ".join(each for each in hashes.split() if each.decode("ascii", "replace") not in valid)

    return grpc.method_handlers_generic_handler(SERVICE, {"Revoked": grpc.unary_unary_rpc_method_handler(revoked)})

"""Who may come in: hashes of keys with their clients, for the filters of the module that ask for one.

The hashes travel by extension discovery (ECDS): a change reaches new requests at once and leaves open streams alone.
"""

from collections.abc import Mapping
from typing import Any

from envoy.config.core.v3.extension_pb2 import TypedExtensionConfig
from envoy.extensions.filters.http.dynamic_modules.v3.dynamic_modules_pb2 import DynamicModuleFilter
from google.protobuf.wrappers_pb2 import StringValue

from inferops.gateway.resources import build_module, pack

FILTER_NAMES = ("engine", "model")
"""engine: every request of an engine, by the instance's list; model: on the shared host, before the body is read."""


def build_credentials(clients: Mapping[str, str]) -> list[Any]:
    """The configuration of both filters, by client ids of hashes: lines that gateway/src/keys.rs reads."""
    keys = pack(StringValue(value="".join(f"{digest} {client}\n" for digest, client in sorted(clients.items()))))
    configs = {
        name: DynamicModuleFilter(dynamic_module_config=build_module(), filter_name=name, filter_config=keys)
        for name in FILTER_NAMES
    }
    return [TypedExtensionConfig(name=name, typed_config=pack(config)) for name, config in configs.items()]

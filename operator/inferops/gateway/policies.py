"""What an instance asks of requests, for the module's filter `engine`: sizes and times, limits, who may call, and
what its model is called.
"""

from typing import Any

from inferops.gateway.resources import build_module_settings
from inferops.gateway.routes import Route

ENGINE = "engine"
"""The filter of static/filters.yaml that every request of an engine passes."""
EVERYBODY = "*"


def build_policy(route: Route) -> Any:
    """The setting on the instance's virtual host; gateway/src/policy.rs reads it."""
    limits = route.limits
    clients = (EVERYBODY,) if route.clients is None else route.clients
    numbers = (limits.request_bytes, limits.audio_bytes, limits.audio_timeout * 1000, int(route.limited))
    return build_module_settings(ENGINE, " ".join((*map(str, numbers), *clients)) + "\n" + route.model)

"""static/bootstrap.yaml and its parts, with their blanks filled in: the one file that Envoy starts from."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from operator import attrgetter
from pathlib import PurePath
from typing import Any

import yaml

from inferops.gateway.peers import build_transport
from inferops.gateway.replies import build_replies
from inferops.gateway.resources import MODULE
from inferops.gateway.retries import build_second_retries
from inferops.gateway.tls import build_chains
from inferops.settings import GatewaySettings

HERE = files("inferops.gateway")
LIBRARY = {"name": MODULE, "do_not_close": True}
"""The crate gateway/, which stays loaded."""


@dataclass(frozen=True)
class BootstrapSettings:
    """What `!setting` asks for, by its path: `gateway.tracing.host`."""

    node: str
    """Unique for each gateway replica."""
    control_host: str
    control_port: int
    gateway: GatewaySettings
    listen_address: str = "0.0.0.0"
    """`::` listens on IPv4 as well."""
    port: int = 8000
    secure_port: int = 8443
    health_port: int = 8001
    admin_port: int = 9901
    meter_port: int = 9902
    access_log: str = "/var/log/inferops"
    """Folder of the access log."""
    access_log_bytes: int = 1280 << 20
    """What it may take: more than the meter lets it, which drops the oldest lines first."""
    certificate_folder: str = "/etc/inferops-tls"
    """Has a folder for each certificate: its Secret, mounted."""
    folder: str = "/etc/envoy"
    """Has the files that tell where certificates are."""
    memory_bytes: int | None = None
    """What Envoy may use; None: as much as there is."""

    @property
    def journal(self) -> str:
        """What the module's logger reads (gateway/src/journal.rs)."""
        return f"{self.access_log_bytes} {self.access_log}"


def build_bootstrap(settings: BootstrapSettings) -> dict[str, Any]:
    """envoy.config.bootstrap.v3.Bootstrap as JSON."""
    parts = Parts(settings)
    gateway = settings.gateway
    bootstrap: dict[str, Any] = parts.read("bootstrap")
    static = bootstrap["static_resources"]
    if settings.memory_bytes:
        for name, values in parts.read("memory").items():
            bootstrap["overload_manager"].setdefault(name, []).extend(values)
    if gateway.peer_certificates:
        (control,) = (cluster for cluster in static["clusters"] if cluster["name"] == "control")
        folders = PurePath(settings.folder), PurePath(gateway.peer_certificates)
        control["transport_socket"] = build_transport(settings.control_host, *folders)
    if gateway.tls:
        static["listeners"].append(build_secure(settings, parts))
    if gateway.proxy_protocol:
        for listener in static["listeners"]:
            if listener["name"] in {"requests", "secure"}:
                listener.setdefault("listener_filters", []).insert(0, parts.read("proxy_protocol"))
    if gateway.tracing:
        static["clusters"].append(parts.read("tracing")["cluster"])
    if gateway.api:
        static["clusters"].append(parts.read("api"))
    return bootstrap


def build_secure(settings: BootstrapSettings, parts: "Parts") -> dict[str, Any]:
    """The listener that ends TLS."""
    listener: dict[str, Any] = parts.read("secure")
    files_at, certificates_at = PurePath(settings.folder), PurePath(settings.certificate_folder)
    chains = build_chains(settings.gateway.tls, files_at, certificates_at, lambda: parts.read("http"))
    return listener | {"filter_chains": chains}


class Parts:
    """The files of static/, with their tags."""

    def __init__(self, settings: BootstrapSettings) -> None:
        self._settings = settings
        tags: dict[str, Callable[[Any], Any]] = {
            "!setting": lambda path: attrgetter(path)(settings),
            "!address": self._build_address,
            "!library": lambda _: LIBRARY,
            "!module": build_module_filter,
            "!terminal": lambda name: build_module_filter(name) | {"terminal_filter": True},
            "!part": self.read,
            "!tracing": lambda _: self.read("tracing")["manager"] if settings.gateway.tracing else None,
            "!replies": lambda _: build_replies(),
            "!retries": lambda _: build_second_retries(),
            "!filters": lambda _: self._build_filters(),
            "!upgrades": lambda _: self._build_upgrades(),
        }

        class Loader(yaml.CSafeLoader):
            """YAML with the tags that static/bootstrap.yaml explains."""

        for tag, build in tags.items():
            Loader.add_constructor(tag, partial(fill, build))
        self._loader = Loader

    def read(self, name: str) -> Any:
        """One file, anew each time."""
        return yaml.load((HERE / "static" / f"{name}.yaml").read_text(), self._loader)  # noqa: S506  a SafeLoader

    def _build_address(self, port: str) -> dict[str, Any]:
        host, number = self._settings.listen_address, getattr(self._settings, port)
        return {"socket_address": {"address": host, "port_value": number, "ipv4_compat": host == "::"}}

    def _build_filters(self) -> list[dict[str, Any]]:
        """What all requests pass, and what an installation has asked for."""
        *chain, router = self.read("filters")
        return [*chain, *([self.read("streams")] if self._settings.gateway.revoked_streams == "End" else []), router]

    def _build_upgrades(self) -> list[dict[str, Any]]:
        """Websockets: before the chain of all requests, what browsers need."""
        return [{"upgrade_type": "websocket", "filters": [self.read("subprotocol"), *self._build_filters()]}]


def fill(build: Callable[[Any], Any], _loader: yaml.CSafeLoader, node: yaml.Node) -> Any:
    """What a tag stands for, from what stands after it."""
    return build(node.value)


def build_module_filter(name: str) -> dict[str, Any]:
    """A filter of our module, the crate gateway/."""
    return {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.dynamic_modules.v3.DynamicModuleFilter",
        "dynamic_module_config": LIBRARY,
        "filter_name": name,
    }


class PlainDumper(yaml.CSafeDumper):
    """Nothing by reference."""

    def ignore_aliases(self, _data: object) -> bool:
        """True: write everything out."""
        return True


def render_bootstrap(settings: BootstrapSettings) -> str:
    """As YAML that a person can read."""
    return yaml.dump(build_bootstrap(settings), Dumper=PlainDumper, sort_keys=False, width=120)

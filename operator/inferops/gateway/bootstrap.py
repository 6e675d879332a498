"""bootstrap.yaml with its blanks filled in: the one file that Envoy starts from."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Any

import yaml

from inferops.gateway.replies import build_replies

HERE = files("inferops.gateway")


@dataclass(frozen=True)
class BootstrapSettings:
    """The blanks, by the names that `!setting` asks for."""

    node: str
    """Unique for each gateway replica."""
    control_host: str
    control_port: int
    listen_address: str = "0.0.0.0"
    port: int = 8000
    health_port: int = 8001
    admin_port: int = 9901
    access_log: str = "/dev/stdout"


def read_script(name: str) -> str:
    """One of the Lua scripts that ship with the package."""
    return (HERE / "lua" / f"{name}.lua").read_text()


def build_bootstrap(settings: BootstrapSettings) -> dict[str, Any]:
    """envoy.config.bootstrap.v3.Bootstrap as JSON."""
    values = asdict(settings)
    tags: dict[str, Callable[[yaml.SafeLoader, Any], Any]] = {
        "!setting": lambda loader, node: values[loader.construct_scalar(node)],
        "!lua": lambda loader, node: "\n".join(map(read_script, loader.construct_sequence(node))),
        "!replies": lambda _loader, _node: build_replies(),
    }
    loader = type("Loader", (yaml.SafeLoader,), {})
    for tag, construct in tags.items():
        loader.add_constructor(tag, construct)  # type: ignore[attr-defined]
    bootstrap: dict[str, Any] = yaml.load((HERE / "bootstrap.yaml").read_text(), loader)  # noqa: S506  a SafeLoader
    return bootstrap


def render_bootstrap(settings: BootstrapSettings) -> str:
    """As YAML, scripts as readable blocks."""
    dumper = type("Dumper", (yaml.SafeDumper,), {"ignore_aliases": lambda _self, _data: True})
    dumper.add_representer(str, _represent_text)  # type: ignore[attr-defined]
    return yaml.dump(build_bootstrap(settings), Dumper=dumper, sort_keys=False, width=120)


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)

"""static/bootstrap.yaml and its parts, with their blanks filled in: the one file that Envoy starts from."""

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

    def setting(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Any:
        return values[loader.construct_scalar(node)]

    def lua(loader: yaml.SafeLoader, node: yaml.SequenceNode) -> str:
        return "\n".join(map(read_script, loader.construct_sequence(node)))

    def part(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Any:
        return read_part(loader.construct_scalar(node))

    def read_part(name: str) -> Any:
        return yaml.load((HERE / "static" / f"{name}.yaml").read_text(), Loader)  # noqa: S506  a SafeLoader

    class Loader(yaml.SafeLoader):
        """YAML with the tags that static/bootstrap.yaml explains."""

    Loader.add_constructor("!setting", setting)
    Loader.add_constructor("!lua", lua)
    Loader.add_constructor("!replies", lambda _loader, _node: build_replies())
    Loader.add_constructor("!part", part)
    bootstrap: dict[str, Any] = read_part("bootstrap")
    return bootstrap


class PlainDumper(yaml.SafeDumper):
    """Scripts as blocks, nothing by reference."""

    def ignore_aliases(self, _data: object) -> bool:
        """True: write everything out."""
        return True


PlainDumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)


def render_bootstrap(settings: BootstrapSettings) -> str:
    """As YAML that a person can read."""
    return yaml.dump(build_bootstrap(settings), Dumper=PlainDumper, sort_keys=False, width=120)

"""`inferops COMMAND`: the entry point of every process of the image, and of people."""

import gc
import importlib
import sys
from types import ModuleType

import click

from inferops import __version__

COMMANDS = {
    "login": "inferops.cli.remote.login:login",
    "profile": "inferops.cli.remote.login:profile",
    "models": "inferops.cli.remote.offers:models",
    "hardware": "inferops.cli.remote.offers:hardware",
    "regions": "inferops.cli.remote.offers:regions",
    "price": "inferops.cli.remote.offers:price",
    "registries": "inferops.cli.remote.registries:registries",
    "instances": "inferops.cli.remote.instances:instances",
    "keys": "inferops.cli.remote.keys:keys",
    "usage": "inferops.cli.remote.usage:usage",
    "spend": "inferops.cli.remote.usage:spend",
    "prices": "inferops.cli.remote.usage:prices",
    "chat": "inferops.cli.remote.chat:chat",
    "transcribe": "inferops.cli.remote.transcribe:transcribe",
    "explain": "inferops.cli.explain:explain",
    "doctor": "inferops.cli.doctor:doctor",
    "render": "inferops.cli.render:render",
    "crds": "inferops.cli.crds:crds",
    "completion": "inferops.cli.remote.completion:completion",
    "operator": "inferops.cli.operator:operator",
    "control": "inferops.cli.control:control",
    "api": "inferops.cli.api:api",
    "ledger": "inferops.cli.ledger:ledger",
    "gateway-bootstrap": "inferops.cli.gateway:gateway_bootstrap",
    "meter": "inferops.cli.meter:meter",
}
"""Each command and where it is: what people use first, then the processes, which import only what they run."""


class LazyGroup(click.Group):
    """Imports a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names."""
        return [*COMMANDS, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_quickly(module), name)
        return command


def import_quickly(name: str) -> ModuleType:
    """Without a search for garbage, of which imports leave none: it is a quarter of the time that a process takes to
    start. Nor is what they made ever looked through again.
    """
    if name in sys.modules:
        return sys.modules[name]
    gc.disable()
    try:
        return importlib.import_module(name)
    finally:
        gc.enable()
        gc.freeze()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="inferops")
def main() -> None:
    """Run OpenAI-compatible endpoints on your own GPUs."""

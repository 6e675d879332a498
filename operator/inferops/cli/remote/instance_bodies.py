"""PURE: what is said of an instance, from a file and flags; a flag comes before the file."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from inferops.cli.remote.scaling import TRIGGER_HELP, build_regions
from inferops.rest.instances import InstanceDetail

NEVER = "never"
FIELDS = {
    "model": "modelId",
    "image": "image",
    "registry": "registryId",
    "hardware": "hardwareId",
    "port": "containerPort",
    "description": "description",
    "command": "startupCommand",
    "args": "startupArgs",
}
"""Flags that are fields, with their names on the wire."""
FLAGS: tuple[Callable[[Callable[..., Any]], Callable[..., Any]], ...] = (
    click.option("--model", help="A model of the catalog."),
    click.option("--image", help="A container image, in place of a model."),
    click.option("--registry", help="Id of the registry whose credentials pull the image."),
    click.option("--hardware", help="What each replica gets. Default: the model's."),
    click.option("--port", type=int, help="Port that the container listens on. Default: the model's."),
    click.option("--description", help="A note for people."),
    click.option("--command", help="In place of the image's command; split into words as a shell does."),
    click.option("--args", help="Arguments, after the model's own; split likewise: --args='--max-model-len 8192'."),
    click.option("--env", "envs", multiple=True, metavar="NAME=VALUE", help="A variable; repeat it for more."),
    click.option("--key", "keys", multiple=True, metavar="ID", help="An API key that may call it; repeat it for more."),
    click.option("--public", is_flag=True, help="Everybody may call it, without a key."),
    click.option(
        *("--pod-lifetime", "lifetime"), metavar="SECONDS|never", help="Idle seconds until it goes down to --min."
    ),
    click.option("--region", "regions", multiple=True, metavar="REGION", help="By id or name; repeat it for more."),
    click.option("--min", "min", type=int, help="Fewest replicas; 0: sleeps when idle."),
    click.option("--max", "max", type=int, help="Most replicas."),
    click.option("--cooldown", type=int, metavar="SECONDS", help="Between scaling actions."),
    click.option("--trigger", "triggers", multiple=True, metavar="NAME=VALUE", help=TRIGGER_HELP),
)


def instance_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """All flags that say something of an instance."""
    for flag in reversed(FLAGS):
        command = flag(command)
    return command


def build_fields(
    flags: Mapping[str, Any], regions: Sequence[int], detail: InstanceDetail | None = None
) -> dict[str, Any]:
    """Fields on the wire that flags name; lists of flags are added to what `detail` has."""
    fields = {wire: flags[flag] for flag, wire in FIELDS.items() if flags[flag] is not None}
    if flags["lifetime"] is not None:
        fields["podLifetime"] = read_lifetime(flags["lifetime"])
    if flags["envs"]:
        fields["envs"] = build_variables(flags["envs"], detail.envs if detail else {})
    if flags["keys"]:
        fields["apiKeyIds"] = list(dict.fromkeys([*(detail.api_keys_ids if detail else []), *flags["keys"]]))
    if flags["public"]:
        fields |= {"auth": "None", "apiKeyIds": None}
    known = [each for each in detail.containers if each.region_id is not None] if detail else []  # others went
    before = [each.model_dump(mode="json", by_alias=True, exclude_none=True) for each in known]
    configurations = build_regions(flags, regions, before)
    return fields if configurations is None else {**fields, "autoScalingConfigurations": configurations}


def read_lifetime(text: str) -> int | None:
    """Seconds, or None for never."""
    if text == NEVER:
        return None
    if not text.isdecimal():
        raise click.UsageError(f'--pod-lifetime is "{text}": must be seconds, or {NEVER}')
    return int(text)


def build_variables(texts: Sequence[str], before: Mapping[str, str]) -> dict[str, str]:
    """`NAME=VALUE` sets, `NAME-` removes, as kubectl has it. The value is in no error: it may be a secret."""
    variables = dict(before)
    for text in texts:
        name, equals, value = text.partition("=")
        if equals and name:
            variables[name] = value
        elif name.endswith("-") and len(name) > 1:
            variables.pop(name[:-1], None)
        else:
            raise click.UsageError("--env must be NAME=VALUE, or NAME- to remove one")
    return variables

"""In what a live object differs from what a manifest asks for, and whose doing that is. PURE.

`covers` answers the operator's question, whether to write; this answers a person's, what to look at.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

from inferops.cluster.covers import QUANTITIES, without_names
from inferops.names import FIELD_MANAGER, Manifest
from inferops.specs.quantities import same_quantity

LONGEST_VALUE = 60
PRIVATE = ("env", "args", "command")
"""Fields of containers whose values may hold a password: they are named, not shown."""
KEYS = ("name", "containerPort", "port", "mountPath", "topologyKey", "host", "type")
"""Fields by which items of a list are told apart, where all items have one."""


class Difference(NamedTuple):
    """One field."""

    path: str
    wanted: Any
    found: Any
    manager: str
    """Who wrote it last, as the API server recorded it; empty where nobody did."""

    def __str__(self) -> str:
        by = f", written by {self.manager}" if self.manager and self.manager != FIELD_MANAGER else ""
        if any(f".{field}" in self.path for field in PRIVATE):
            return f"{self.path} is not as planned{by}"
        return f"{self.path} is {shown(self.found)} in place of {shown(self.wanted)}{by}"


def find_drift(live: Manifest, manifest: Manifest) -> list[Difference]:
    """Fields of the manifest that the live object (with its managedFields) holds otherwise."""
    return [
        Difference(join(path), value, found, find_manager(live, path))
        for path, value, found in compare(without_names(manifest), live, ())
    ]


class Item(NamedTuple):
    """A step into a list whose items have names."""

    name: str
    live: Manifest
    """The item as it is there; empty where it is not."""


Step = str | int | Item
"""A field, an item, or a place in a list."""
Path = tuple[Step, ...]


def compare(wanted: Any, live: Any, path: Path) -> Iterator[tuple[Path, Any, Any]]:
    """Leaves of `wanted` that differ; what is empty counts as absent, and equal quantities as equal."""
    if isinstance(wanted, dict) and isinstance(live, dict):
        for name, value in wanted.items():
            yield from compare(value, live.get(name), (*path, name))
    elif isinstance(wanted, list) and isinstance(live, list):
        yield from compare_items(wanted, live, path)
    elif wanted != live and (wanted or live) and not is_same_quantity(wanted, live, path):
        yield path, wanted, live


def compare_items(wanted: list[Any], live: list[Any], path: Path) -> Iterator[tuple[Path, Any, Any]]:
    """Items by their key where they have one, else by place."""
    key = next((key for key in KEYS if all(isinstance(item, dict) and key in item for item in wanted)), None)
    if key is None and len(wanted) != len(live):
        yield path, wanted, live
        return
    for place, item in enumerate(wanted):
        if key is None:
            yield from compare(item, live[place], (*path, place))
            continue
        found = next((each for each in live if isinstance(each, dict) and each.get(key) == item[key]), None)
        yield from compare(item, found, (*path, Item(str(item[key]), found or {})))


def is_same_quantity(wanted: Any, live: Any, path: Path) -> bool:
    """Whether both say the same amount in other words."""
    return any(isinstance(step, str) and step in QUANTITIES for step in path) and same_quantity(live, wanted)


def find_manager(live: Manifest, path: Path) -> str:
    """The field manager whose record holds the field; of several the last writer."""
    holders = [entry for entry in live["metadata"].get("managedFields") or [] if holds(entry.get("fieldsV1"), path)]
    return str(max(holders, key=lambda entry: str(entry.get("time", "")))["manager"]) if holders else ""


def holds(fields: Manifest | None, path: Path) -> bool:
    """Whether a record (FieldsV1) has the field itself, or something above it as a whole."""
    for step in path:
        if not fields:
            return fields is not None
        fields = next((node for key, node in fields.items() if matches(key, step)), None)
    return fields is not None


def matches(key: str, step: Step) -> bool:
    """Whether a key of FieldsV1 stands for the step."""
    if isinstance(step, str):
        return key == f"f:{step}"
    if isinstance(step, Item) and key.startswith("k:"):
        return all(step.live.get(name) == value for name, value in orjson.loads(key[2:]).items())
    return False


def join(path: Path) -> str:
    """As a person writes it: `spec.template.spec.containers[engine].image`."""
    text = ""
    for step in path:
        if isinstance(step, str):
            text += f".{step}" if text else step
        else:
            text += f"[{step.name if isinstance(step, Item) else step}]"
    return text


def shown(value: Any) -> str:
    """A value in a sentence."""
    if value is None:
        return "absent"
    text = orjson.dumps(value).decode()
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."

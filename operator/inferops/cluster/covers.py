"""Whether a live object already is what a manifest asks for, so that nothing need be written. PURE.

The API server records which fields we applied (managedFields, as FieldsV1: `f:name` is a field, `k:{...}` an item of a
list by its keys, `v:...` an item of a set, and where nothing stands below, the value counts as a whole). That record
is also the schema of the comparison: it knows which lists are keyed and by what, and it loses a field as soon as
somebody else changes it. So a manifest is covered when the record names exactly its fields and the live values are
its values. What others added (a sidecar, an annotation, defaults) is in neither and does not matter.
"""

import json
from typing import Any

from inferops.cluster.quantities import same_quantity
from inferops.names import Manifest

NAMES = frozenset({"apiVersion", "kind", "metadata.name", "metadata.namespace"})
"""What an object is called, which the record leaves out."""
QUANTITIES = frozenset({"limits", "requests", "sizeLimit", "divisor"})
"""Fields that hold quantities or maps of them."""
DEFAULTS = {"protocol": "TCP", "apiVersion": "v1", "divisor": "0", "scheme": "HTTP"}
"""What the API server fills in within values that count as a whole, and within the keys of list items."""


def covers(live: Manifest, manifest: Manifest, applied: Manifest) -> bool:
    """`applied` is the record of the field manager that would apply the manifest (Store.applied_fields)."""
    return _covers_fields(live, _without_names(manifest), applied, "")


def _without_names(manifest: Manifest) -> Manifest:
    wanted = {name: value for name, value in manifest.items() if name not in NAMES}
    metadata = {name: value for name, value in manifest["metadata"].items() if f"metadata.{name}" not in NAMES}
    return {**wanted, "metadata": metadata} if metadata else {k: v for k, v in wanted.items() if k != "metadata"}


def _covers(live: Any, wanted: Any, applied: Manifest, field: str) -> bool:
    """One node of the three trees; `field` is the name of the field that leads there."""
    below = {key: node for key, node in applied.items() if key != "."}
    if not below:
        return _same(live, wanted, field)
    if isinstance(wanted, dict) and isinstance(live, dict):
        return _covers_fields(live, wanted, below, field)
    if isinstance(wanted, list) and isinstance(live, list):
        return _covers_items(live, wanted, below)
    return False


def _covers_fields(live: Manifest, wanted: Manifest, applied: Manifest, field: str) -> bool:
    if {f"f:{name}" for name in wanted} != applied.keys():
        return False
    return all(
        _covers(live.get(name), value, applied[f"f:{name}"], field if field in QUANTITIES else name)
        for name, value in wanted.items()
    )


def _covers_items(live: list[Any], wanted: list[Any], applied: Manifest) -> bool:
    """Items of a keyed list or a set: ours are there in our order; others may stand between them."""
    if len(wanted) != len(applied):
        return False
    places = []
    for key, node in applied.items():
        identity = json.loads(key.partition(":")[2])
        mine, theirs = _find(wanted, identity), _find(live, identity)
        if mine is None or theirs is None or not _covers(live[theirs], wanted[mine], node, ""):
            return False
        places.append((mine, theirs))
    order = [theirs for _, theirs in sorted(places)]
    return order == sorted(order)


def _find(items: list[Any], identity: Any) -> int | None:
    """Where the item stands: by its keys, or by its value in a set."""
    for place, item in enumerate(items):
        if item == identity:
            return place
        if isinstance(item, dict) and isinstance(identity, dict):
            keys = ((item.get(key, DEFAULTS.get(key)), value) for key, value in identity.items())
            if all(mine == value for mine, value in keys):
                return place
    return None


def _same(live: Any, wanted: Any, field: str) -> bool:
    """Equal as a whole, but for defaults; the API server drops what is empty, zero or false."""
    if isinstance(wanted, dict) and isinstance(live, dict):
        added = [name for name in live if name not in wanted]
        return all(DEFAULTS.get(name) == live[name] for name in added) and all(
            _same(live.get(name), value, field if field in QUANTITIES else name) for name, value in wanted.items()
        )
    if isinstance(wanted, list) and isinstance(live, list):
        return len(live) == len(wanted) and all(_same(a, b, "") for a, b in zip(live, wanted, strict=True))
    if live is None and not wanted:
        return True
    return bool(live == wanted) or (field in QUANTITIES and same_quantity(live, wanted))

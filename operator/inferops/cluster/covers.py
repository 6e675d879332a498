"""Whether a live object already is what a manifest asks for, so that nothing need be written. PURE.

The API server records which fields we applied (managedFields, as FieldsV1: `f:name` is a field, `k:{...}` an item of a
list by its keys, `v:...` an item of a set, and where nothing stands below, the value counts as a whole). That record
is also the schema of the comparison: it knows which lists are keyed and by what, and it loses a field as soon as
somebody else changes it. So a manifest is covered when the record names exactly its fields and the live values are
its values. What others added (a sidecar, an annotation, defaults) is in neither and does not matter.
"""

from functools import lru_cache
from typing import Any

import orjson

from inferops.names import Manifest
from inferops.specs.quantities import same_quantity

SELF = "."
"""In the record: the field or item itself, beside what stands below it."""
WHOLE: Manifest = {}
"""In the record: a value that counts as a whole."""
QUANTITIES = frozenset({"limits", "requests", "sizeLimit", "divisor"})
"""Fields that hold quantities or maps of them."""
DEFAULTS = {"protocol": "TCP", "apiVersion": "v1", "divisor": "0", "scheme": "HTTP"}
"""What the API server fills in within values that count as a whole, and within the keys of list items."""


def covers(live: Manifest, manifest: Manifest, applied: Manifest) -> bool:
    """`applied` is the record of the field manager that would apply the manifest (Store.applied_fields)."""
    wanted = without_names(manifest)
    return len(wanted) == len(applied) and _covers_fields(live, wanted, applied, "")


def without_names(manifest: Manifest) -> Manifest:
    """The manifest without what an object is called, which the record leaves out."""
    wanted = {name: value for name, value in manifest.items() if name not in {"apiVersion", "kind", "metadata"}}
    metadata = {name: value for name, value in manifest["metadata"].items() if name not in {"name", "namespace"}}
    return wanted | ({"metadata": metadata} if metadata else {})


def _covers(live: Any, wanted: Any, applied: Manifest, field: str) -> bool:
    """One node of the three trees; `field` is the name of the field that leads there."""
    count = len(applied) - (SELF in applied)
    if count == 0:
        return _same(live, wanted, field)
    if isinstance(wanted, dict) and isinstance(live, dict):
        return count == len(wanted) and _covers_fields(live, wanted, applied, field)
    if isinstance(wanted, list) and isinstance(live, list):
        return count == len(wanted) and _covers_items(live, wanted, applied)
    return False


def _covers_fields(live: Manifest, wanted: Manifest, applied: Manifest, field: str) -> bool:
    """`applied` has as many fields as `wanted`; they are the same where each of these is among those."""
    for name, value in wanted.items():
        node = applied.get(f"f:{name}")
        if node == WHOLE and live.get(name) == value:
            continue  # most fields end here
        if node is None or not _covers(live.get(name), value, node, field if field in QUANTITIES else name):
            return False
    return True


def _covers_items(live: list[Any], wanted: list[Any], applied: Manifest) -> bool:
    """Items of a keyed list or a set: ours are there in our order; others may stand between them."""
    places = []
    for key, node in applied.items():
        if key == SELF:
            continue
        identity = _identity(key)
        mine, theirs = _find(wanted, identity), _find(live, identity)
        if mine is None or theirs is None or not _covers(live[theirs], wanted[mine], node, ""):
            return False
        places.append((mine, theirs))
    order = [theirs for _, theirs in sorted(places)]
    return order == sorted(order)


@lru_cache(maxsize=4096)
def _identity(key: str) -> Any:
    """What `k:{"name":"engine"}` or `v:"item"` stands for; the same few come again and again."""
    return orjson.loads(key.partition(":")[2])


def _find(items: list[Any], identity: Any) -> int | None:
    """Where the item stands: by its keys, or by its value in a set."""
    if not isinstance(identity, dict):
        return items.index(identity) if identity in items else None
    keys = identity.items()
    for place, item in enumerate(items):
        if isinstance(item, dict):
            for key, value in keys:
                if item.get(key, DEFAULTS.get(key)) != value:
                    break
            else:
                return place
    return None


def _same(live: Any, wanted: Any, field: str) -> bool:
    """Equal as a whole, but for defaults; the API server drops what is empty, zero or false."""
    if live == wanted:
        return True
    if isinstance(wanted, dict) and isinstance(live, dict):
        return _same_fields(live, wanted, field)
    if isinstance(wanted, list) and isinstance(live, list):
        return len(live) == len(wanted) and all(_same(a, b, "") for a, b in zip(live, wanted, strict=True))
    if live is None and not wanted:
        return True
    return field in QUANTITIES and same_quantity(live, wanted)


def _same_fields(live: Manifest, wanted: Manifest, field: str) -> bool:
    added = (DEFAULTS.get(name) == value for name, value in live.items() if name not in wanted)
    return all(added) and all(
        _same(live.get(name), value, field if field in QUANTITIES else name) for name, value in wanted.items()
    )

"""The last seen state of all objects of one kind, in memory: what a reconcile reads.

Three sources may tell of the same object in any order: a list, a watch and the answer to our own write. The newest
resourceVersion wins, and a deletion is not undone by older news.
"""

import sys
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from inferops.cluster.packing import Packing, Plain
from inferops.names import FIELD_MANAGER, STATUS_MANAGER, Manifest

Name = tuple[str, str]
"""Namespace (empty for cluster-wide kinds) and name."""
Reference = tuple[str, str, str]
"""Kind, namespace (empty for cluster-wide kinds) and name."""
OUR_ENTRIES = {(FIELD_MANAGER, ""), (STATUS_MANAGER, "status")}
TOMBSTONES = 10_000
"""Deletions remembered: late answers to our own writes are older than that by far."""


@dataclass(slots=True)
class Entry:
    """One object: packed, with what is asked for most."""

    version: int
    uid: str
    obj: Any
    applied: Any
    """What the API server recorded as applied by us; None where it recorded nothing."""
    digest: bytes | None = None


class Store:
    """Objects of one kind. Callers do not change what they get. `references` says what else an object names, `packing`
    how objects are kept.
    """

    def __init__(
        self,
        references: Callable[[Manifest], Iterable[Reference]] = lambda _: (),
        packing: Callable[[], Packing] = Plain,
    ) -> None:
        self.served = True
        """False while the API server does not know the kind: its CRD is not installed."""
        self._entries: dict[Name, Entry] = {}
        self._packing, self._record_packing = packing(), packing()
        self._references = references
        self._index: dict[str | Reference, set[Name]] = {}
        self._tombstones: OrderedDict[str, int] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, namespace: str, name: str) -> Manifest | None:
        """The object, without managedFields, or None."""
        entry = self._entries.get((namespace, name))
        return self._unpack(entry) if entry else None

    def names(self) -> list[Name]:
        """Names of all objects."""
        return list(self._entries)

    def values(self) -> list[Manifest]:
        """All objects."""
        return [self._unpack(entry) for entry in self._entries.values()]

    def owned_by(self, uid: str) -> list[Manifest]:
        """Objects with an owner reference to `uid`."""
        return [self._unpack(self._entries[name]) for name in self._index.get(uid, ())]

    def names_owned_by(self, uid: str) -> list[Name]:
        """Namespace and name of each of them."""
        return list(self._index.get(uid, ()))

    def referring(self, kind: str, namespace: str, name: str) -> list[Manifest]:
        """Objects that name this one."""
        return [self._unpack(self._entries[each]) for each in self._index.get((kind, namespace, name), ())]

    def names_referring(self, kind: str, namespace: str, name: str) -> Collection[Name]:
        """Namespace and name of each of them."""
        return self._index.get((kind, namespace, name), ())

    def applied_fields(self, namespace: str, name: str) -> Manifest:
        """What the API server recorded as applied by us, as FieldsV1 (a trie of `f:`, `k:` and `v:` keys)."""
        entry = self._entries.get((namespace, name))
        fields: Manifest = self._record_packing.unpack(entry.applied) if entry and entry.applied is not None else {}
        return fields

    def note(self, namespace: str, name: str, digest: bytes) -> None:
        """Remember which manifest made the object what it is, until it changes."""
        if entry := self._entries.get((namespace, name)):
            entry.digest = digest

    def noted(self, namespace: str, name: str) -> bytes | None:
        """What note() was told of the object in its present version."""
        entry = self._entries.get((namespace, name))
        return entry.digest if entry else None

    def put(self, obj: Manifest) -> bool:
        """Take the object, unless something as new or newer is known; whether it was taken."""
        metadata = obj["metadata"]
        name, version, uid = name_of(obj), version_of(obj), metadata.get("uid", "")
        live = self._entries.get(name)
        if live is not None and live.version >= version:
            return False
        if self._tombstones.get(uid, -1) >= version:
            return False
        self._forget(name)
        kept = {**obj, "metadata": {k: v for k, v in metadata.items() if k != "managedFields"}}
        ours = [e for e in metadata.get("managedFields") or () if _key(e) in OUR_ENTRIES]
        applied = self._record_packing.pack(ours[0].get("fieldsV1", {})) if ours else None
        name = sys.intern(name[0]), sys.intern(name[1])  # the children of an instance share their names
        self._entries[name] = Entry(version, uid, self._packing.pack(kept), applied)
        for key in self._keys(obj):
            self._index.setdefault(key, set()).add(name)
        return True

    def drop(self, namespace: str, name: str, deleted: Manifest | None = None) -> None:
        """Forget the object. `deleted` is its last state, where known: then only that very object goes (not one that
        took its name since) and it stays gone.
        """
        live = self._entries.get((namespace, name))
        if deleted is not None:
            uid = deleted["metadata"].get("uid", "")
            self._tombstones[uid] = version_of(deleted)
            if len(self._tombstones) > TOMBSTONES:
                self._tombstones.popitem(last=False)
            if live is not None and (live.uid != uid or live.version > version_of(deleted)):
                return
        self._forget((namespace, name))

    def retain(self, listed: Collection[Name], version: str, namespace: str = "") -> list[Manifest]:
        """Forget what a list, read at `version`, does not have; return that in its last state. What is newer than the
        list stays.
        """
        gone = [
            self._unpack(entry)
            for name, entry in self._entries.items()
            if name not in listed and entry.version <= int(version) and namespace in ("", name[0])
        ]
        for live in gone:
            self.drop(*name_of(live), live)
        return gone

    def _unpack(self, entry: Entry) -> Manifest:
        obj: Manifest = self._packing.unpack(entry.obj)
        return obj

    def _forget(self, name: Name) -> None:
        if (entry := self._entries.pop(name, None)) is None:
            return
        for key in self._keys(self._unpack(entry)):
            if names := self._index.get(key):
                names.discard(name)
                if not names:
                    del self._index[key]

    def _keys(self, obj: Manifest) -> Iterator[str | Reference]:
        """What the object is found by: its owners' uids and what it names."""
        yield from (owner["uid"] for owner in obj["metadata"].get("ownerReferences") or ())
        yield from self._references(obj)


def name_of(obj: Manifest) -> Name:
    """Namespace and name."""
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def version_of(obj: Manifest) -> int:
    """The resourceVersion as a number: comparable within one API server (KEP-5504)."""
    return int(obj["metadata"].get("resourceVersion") or 0)


def _key(entry: Manifest) -> tuple[str, str]:
    applied = entry.get("operation") == "Apply"
    return (entry.get("manager", "") if applied else "", entry.get("subresource", ""))

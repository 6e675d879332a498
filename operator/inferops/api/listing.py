"""Lists without work: each object is rendered once per change, and a namespace's whole list is joined once."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from inferops.cluster.store import Store, name_of
from inferops.names import Manifest

Fields = Mapping[str, frozenset[str]]
"""By what a list may be filtered: the values of an object's fields, as text."""


@dataclass(frozen=True, slots=True)
class Row:
    """One object as a list shows it."""

    json: bytes
    fields: Fields


class Listing:
    """Rows of one kind, by namespace and name."""

    def __init__(self, store: Store, render: Callable[[Manifest], Row]) -> None:
        self._store = store
        self._render = render
        self._rows: defaultdict[str, dict[str, Row | None]] = defaultdict(dict)
        self._whole: dict[str, list[Row]] = {}

    def touch(self, obj: Manifest) -> None:
        """The store has another state of the object."""
        namespace, name = name_of(obj)
        self._whole.pop(namespace, None)
        if self._store.get(namespace, name) is None:
            self._rows[namespace].pop(name, None)
        else:
            self._rows[namespace][name] = None

    def forget(self) -> None:
        """What rows are made from besides their objects has changed."""
        self._whole.clear()
        for rows in self._rows.values():
            rows.update(dict.fromkeys(rows))

    def rows(self, namespace: str) -> list[Row]:
        """All of a namespace, by name."""
        if namespace not in self._whole:
            rows = self._rows.get(namespace, {})
            self._whole[namespace] = [row for name in sorted(rows) if (row := self._row(namespace, name))]
        return self._whole[namespace]

    def _row(self, namespace: str, name: str) -> Row | None:
        row = self._rows[namespace][name]
        if row is None and (obj := self._store.get(namespace, name)) is not None:
            row = self._rows[namespace][name] = self._render(obj)
        return row


def join(rows: Sequence[Row]) -> bytes:
    """A JSON array."""
    return b"[" + b",".join(row.json for row in rows) + b"]"

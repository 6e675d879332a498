"""What the pods of each node ask for, kept by a watch over the pods of everybody: of each pod only its node and its
requests stay, and pods that ask for the same share them. A Reflector fills it in place of a Store.
"""

import sys
from collections.abc import Collection, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from inferops.cluster.store import Name, name_of
from inferops.names import Manifest
from inferops.plan.diagnosis.requests import add_requests, requests_of

PLACED = "spec.nodeName!=,status.phase!=Succeeded,status.phase!=Failed"
"""Pods that hold something: on a node, also while they end, and not over."""
NOTHING: Mapping[str, Decimal] = {}


Requests = tuple[tuple[str, Decimal], ...]


class Holding(NamedTuple):
    """One pod: where it is, and what it asks for by resource."""

    node: str
    requests: Requests


@lru_cache(1024)
def shared(requests: Requests) -> Requests:
    """The same object for all that are equal."""
    return requests


class Occupancy:
    """Read it with `use_of`; an answer is never changed, only replaced by another: who keeps it compares by `is`."""

    def __init__(self) -> None:
        self.served = True
        self.filled = False
        """Whether all pods have been read; it stays False where nobody watches them."""
        self._pods: dict[Name, Holding] = {}
        self._uses: dict[str, Mapping[str, Decimal]] = {}

    def __len__(self) -> int:
        return len(self._pods)

    def use_of(self, node: str) -> Mapping[str, Decimal]:
        """What the node's pods ask for together, by resource."""
        return self._uses.get(node, NOTHING)

    def put(self, obj: Manifest) -> bool:
        """Take a pod; whether it holds something else now."""
        node, requests = obj["spec"]["nodeName"], tuple(sorted(requests_of(obj).items()))
        holding = Holding(sys.intern(node), shared(requests))
        before = self._pods.get(name_of(obj))
        if before == holding:
            return False
        if before:
            self._add(before, -1)
        self._pods[name_of(obj)] = holding
        self._add(holding, 1)
        return True

    def drop(self, namespace: str, name: str, _: Manifest | None = None) -> None:
        """The pod is over or gone."""
        if before := self._pods.pop((namespace, name), None):
            self._add(before, -1)

    def retain(self, listed: Collection[Name], _version: str, namespace: str = "") -> list[Manifest]:
        """Forget pods that a list does not have; return those."""
        self.filled = True
        gone = [key for key in self._pods if key not in listed and namespace in ("", key[0])]
        for key in gone:
            self.drop(*key)
        return [{"kind": "Pod", "metadata": {"namespace": place, "name": name}} for place, name in gone]

    def _add(self, holding: Holding, sign: int) -> None:
        use = add_requests(self.use_of(holding.node), holding.requests, sign)
        if use:
            self._uses[holding.node] = use
        else:
            self._uses.pop(holding.node, None)

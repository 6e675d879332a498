"""What control knows of the cluster: stores -> keys and routes. Each change is worked out from what it touches; the
rest is neither read nor parsed again. An object that does not parse is left out and logged: it stops no other.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Protocol, TypeVar

from inferops.cluster.packing import Deflated
from inferops.cluster.store import Store
from inferops.control.claims import LiveClaims
from inferops.control.keyring import LiveKeyring, Name, secret_of
from inferops.control.prices import build_price
from inferops.errors import SpecError
from inferops.gateway.endpoints import read_endpoints, slice_owner
from inferops.gateway.instances import Instance, read_instance
from inferops.gateway.keys import read_api_key, read_hash_secret
from inferops.gateway.routes import Route, build_route
from inferops.metering.prices import Price
from inferops.names import INSTANCE_LABEL, KEY_HASH_LABEL, Manifest, instance_id
from inferops.plan.references import Reference, references
from inferops.settings import Settings
from inferops.specs.base import read_spec
from inferops.specs.catalog import ModelSpec
from inferops.specs.key_hashes import hash_secret_name

logger = logging.getLogger(__name__)

ParsedT = TypeVar("ParsedT")
SELECTORS = {
    "InferenceInstance": "",
    "Model": "",
    "ApiKey": "",
    "Secret": f"{KEY_HASH_LABEL}=true",
    "EndpointSlice": INSTANCE_LABEL,
}
"""What control watches. Of Secrets it asks for those with hashes of keys only: no key ever comes here."""


class Objects(Protocol):
    """The objects of one kind, as cluster.Store keeps them."""

    def names(self) -> list[Name]:
        """Of all of them."""
        ...

    def get(self, namespace: str, name: str) -> Manifest | None:
        """One of them."""
        ...

    def referring(self, kind: str, namespace: str, name: str) -> list[Manifest]:
        """Those that name another object."""
        ...

    def names_referring(self, kind: str, namespace: str, name: str) -> Collection[Name]:
        """Namespace and name of each of them."""
        ...


def build_stores() -> dict[str, Store]:
    """Empty ones of all kinds that control watches: many objects, of which each is read when it changes."""
    return {kind: Store(name_references, Deflated) for kind in SELECTORS}


def name_references(obj: Manifest) -> Iterable[Reference]:
    """By what the objects are found."""
    return [("InferenceInstance", *slice_owner(obj))] if obj["kind"] == "EndpointSlice" else references(obj)


def touched_by(obj: Manifest) -> Reference:
    """What a change of the object is noted as: that of an EndpointSlice as one of its instance's."""
    kind, meta = obj["kind"], obj["metadata"]
    return (kind, *slice_owner(obj)) if kind == "EndpointSlice" else (kind, meta.get("namespace", ""), meta["name"])


class World:
    """The stores of `build_stores`, and what follows from them."""

    def __init__(self, stores: Mapping[str, Objects], settings: Settings) -> None:
        self.keyring = LiveKeyring()
        self.instances: dict[str, Instance] = {}
        """By id."""
        self.routes: dict[str, Route] = {}
        """By id: what the last `update_routes` came to."""
        self._stores = stores
        self._claims = LiveClaims(settings)
        self._rivals: dict[str, set[Name]] = {}
        """By id, where several instances have one."""
        self._models: dict[str, ModelSpec] = {}
        self._prices: dict[str, Price] = {}

    def all(self) -> set[Reference]:
        """Everything that is in the stores, as changes."""
        return {(kind, *name) for kind, store in self._stores.items() for name in store.names()}

    def is_cramped(self, route_id: str) -> bool:
        """Whether no node takes a replica of the instance."""
        instance = self.instances.get(route_id)
        return instance is not None and instance.cramped

    def price_of(self, route_id: str) -> Price | None:
        """Of an instance's model now; None: it has none."""
        instance = self.instances.get(route_id)
        return self._prices.get(instance.spec.model or "") if instance else None

    def unpriced(self, key: Name) -> list[str]:
        """Models of the instances that an ApiKey opens, as far as they have no price."""
        keys = (self._instance(name) for name in self._naming("ApiKey", key))
        models = {instance.spec.model or instance.spec.image or instance.name for instance in keys if instance}
        return sorted(model for model in models if model not in self._prices)

    def update_keys(self, changed: Iterable[Reference], now: datetime) -> set[Name]:
        """Take what changed of ApiKeys and their hashes, and what expires; the ApiKeys whose callers are others now."""
        names = self.keyring.due(now)
        names |= {(namespace, name) for kind, namespace, name in changed if kind == "ApiKey"}
        suffix = hash_secret_name("")
        names |= {(namespace, name.removesuffix(suffix)) for kind, namespace, name in changed if kind == "Secret"}
        pairs = {
            name: (self._read("ApiKey", name, read_api_key), self._read("Secret", secret_of(name), read_hash_secret))
            for name in names
        }
        return self.keyring.take(pairs, now)

    def update_routes(self, changed: Iterable[Reference], keys: Iterable[Name]) -> dict[str, Route | None]:
        """Take what changed of the rest, and the ApiKeys that `update_keys` gave. By id: the routes that are others
        now, None for those that are gone.
        """
        models = {name for kind, _, name in changed if kind == "Model"}
        for name in models:
            self._read_model(name)
        own = {(namespace, name) for kind, namespace, name in changed if kind == "InferenceInstance"}
        naming = own.union(*map(self._read_instance, own)).union(
            *(self._naming("Model", ("", name)) for name in models)
        )
        concerned = naming | self._claims.take({key: self._instance(key) for key in naming}, self._models)
        concerned |= {(namespace, name) for kind, namespace, name in changed if kind == "EndpointSlice"}
        concerned = concerned.union(*(self._naming("ApiKey", key) for key in keys))
        return {route_id: self.routes.get(route_id) for route_id in filter(None, map(self._route, concerned))}

    def _route(self, key: Name) -> str | None:
        """The id of the instance, if its route is another one now."""
        instance, route_id = self._instance(key), instance_id(*key)
        if instance is None and route_id in self.instances:
            return None  # another one has the id
        before = self.routes.pop(route_id, None)
        if instance is not None:
            slices = self._stores["EndpointSlice"].referring("InferenceInstance", *key)
            self.routes[route_id] = build_route(instance, self._claims, self.keyring, read_endpoints(instance, slices))
        return None if self.routes.get(route_id) == before else route_id

    def _instance(self, key: Name) -> Instance | None:
        instance = self.instances.get(instance_id(*key))
        return instance if instance and instance.key == key else None

    def _read_instance(self, key: Name) -> set[Name]:
        """Take it as it is now; it and its rivals. An id has 32 bits of a hash: who tries names for long enough finds
        two that have one. The eldest is served, and nobody can take its id.
        """
        route_id = instance_id(*key)
        holder = self.instances.pop(route_id, None)
        rivals = {key, *self._rivals.pop(route_id, ()), *((holder.key,) if holder else ())}
        found = [each for name in rivals if (each := self._read("InferenceInstance", name, read_instance))]
        if found:
            self.instances[route_id] = min(found, key=lambda each: (each.created, each.key))
        if len(found) > 1:
            self._rivals[route_id] = {each.key for each in found}
            fields = {"id": route_id, "objects": sorted("/".join(each.key) for each in found)}
            logger.warning("several instances have one id: the eldest is served", extra=fields)
        return rivals

    def _read_model(self, name: str) -> None:
        self._models.pop(name, None)
        self._prices.pop(name, None)
        if (model := self._read("Model", ("", name), lambda obj: read_spec(ModelSpec, obj))) is not None:
            self._models[name] = model
            if model.prices:
                self._prices[name] = build_price(name, model.prices)

    def _naming(self, kind: str, name: Name) -> Collection[Name]:
        return self._stores["InferenceInstance"].names_referring(kind, *name)

    def _read(self, kind: str, name: Name, parse: Callable[[Manifest], ParsedT]) -> ParsedT | None:
        """What the object says; None where there is none, or none that parses, or one that is being deleted."""
        obj = self._stores[kind].get(*name)
        if obj is None or "deletionTimestamp" in obj["metadata"]:
            return None
        try:
            return parse(obj)
        except Exception as error:  # noqa: BLE001 - anybody may write objects, and whatever is in one stops no other
            text = str(error) if isinstance(error, SpecError) else type(error).__name__
            fields = {"kind": kind, "namespace": name[0], "object": name[1], "error": text}
            logger.warning("left out: does not parse", extra=fields)
            return None

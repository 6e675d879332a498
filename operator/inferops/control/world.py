"""What control knows of the cluster: stores -> keys and routes.

An object is parsed when it changes and never again. One that does not parse is left out and logged: it stops no other.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from inferops.errors import SpecError
from inferops.gateway.claims import Claims, claim_names
from inferops.gateway.endpoints import Endpoint, read_endpoints, slice_owner
from inferops.gateway.instances import Instance, read_instance
from inferops.gateway.keys import Keyring, build_keyring, read_api_key, read_hash_secret
from inferops.gateway.routes import Route, build_routes
from inferops.names import Manifest
from inferops.settings import Settings
from inferops.specs.base import read_spec
from inferops.specs.catalog import ModelSpec

logger = logging.getLogger(__name__)

Name = tuple[str, str]
ParsedT = TypeVar("ParsedT")


class Objects(Protocol):
    """The objects of one kind, as cluster.Store keeps them."""

    def values(self) -> list[Manifest]:
        """All of them; a change replaces the object."""
        ...


class Parser(Generic[ParsedT]):
    """The parsed form of the objects of one kind."""

    def __init__(self, parse: Callable[[Manifest], ParsedT]) -> None:
        self._parse = parse
        self._known: dict[Name, tuple[Manifest, ParsedT | None]] = {}

    def read(self, objects: Iterable[Manifest]) -> dict[Name, ParsedT]:
        """By namespace and name: what parses."""
        named = ((name_of(obj), obj) for obj in objects if "deletionTimestamp" not in obj["metadata"])
        self._known = {name: self._read(name, obj) for name, obj in named}
        return {name: parsed for name, (_, parsed) in self._known.items() if parsed is not None}

    def _read(self, name: Name, obj: Manifest) -> tuple[Manifest, ParsedT | None]:
        known = self._known.get(name)
        if known is not None and known[0] is obj:
            return known
        try:
            return obj, self._parse(obj)
        except SpecError as error:
            fields = {"kind": obj.get("kind"), "namespace": name[0], "object": name[1], "error": str(error)}
            logger.warning("left out: does not parse", extra=fields)
            return obj, None


class World:
    """The stores of InferenceInstance, Model, ApiKey, Secret (hashes of keys only) and EndpointSlice."""

    def __init__(self, stores: Mapping[str, Objects], settings: Settings) -> None:
        self.instances: dict[str, Instance] = {}
        """By id, as of the last build."""
        self.claims = Claims({}, {})
        self._stores = stores
        self._settings = settings
        self._instances = Parser(read_instance)
        self._api_keys = Parser(read_api_key)
        self._hashes = Parser(read_hash_secret)
        self._models = Parser(lambda obj: read_spec(ModelSpec, obj))
        self._endpoints: dict[Name, tuple[Instance, list[Manifest], tuple[Endpoint, ...]]] = {}

    def build_keyring(self, now: datetime) -> Keyring:
        """The keys that are valid at `now`."""
        api_keys = self._api_keys.read(self._stores["ApiKey"].values())
        return build_keyring(api_keys.values(), self._hashes.read(self._stores["Secret"].values()), now)

    def build_routes(self, keyring: Keyring) -> dict[str, Route]:
        """The route of every instance, by id."""
        instances = self._instances.read(self._stores["InferenceInstance"].values())
        models = {name: spec for (_, name), spec in self._models.read(self._stores["Model"].values()).items()}
        self.claims = claim_names(instances.values(), models, self._settings)
        self.instances = {instance.id: instance for instance in instances.values()}
        return build_routes(instances.values(), self.claims, keyring, self._read_endpoints(instances))

    def _read_endpoints(self, instances: Mapping[Name, Instance]) -> dict[Name, tuple[Endpoint, ...]]:
        slices: dict[Name, list[Manifest]] = defaultdict(list)
        for obj in self._stores["EndpointSlice"].values():
            slices[slice_owner(obj)].append(obj)
        read = {name: self._endpoints_of(instance, slices.get(name, [])) for name, instance in instances.items()}
        self._endpoints = {name: (instances[name], slices.get(name, []), found) for name, found in read.items()}
        return read

    def _endpoints_of(self, instance: Instance, slices: list[Manifest]) -> tuple[Endpoint, ...]:
        known = self._endpoints.get(instance.key)
        if known and known[0] is instance and list(map(id, known[1])) == list(map(id, slices)):
            return known[2]
        return read_endpoints(instance, slices)


def name_of(obj: Manifest) -> Name:
    """Namespace, empty for cluster-wide kinds, and name."""
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]

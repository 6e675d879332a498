"""What the API knows of the cluster: stores that watches fill, the catalog, and lists that are ready to send."""

from collections.abc import Iterable

from inferops.api.catalog import KINDS, Catalog, change_catalog
from inferops.api.gitops import KEPT_BY, find_gitops_owner
from inferops.api.idempotency import MARK, read_marks
from inferops.api.listing import Listing
from inferops.api.translate.endpoints import endpoint_row
from inferops.api.translate.instances import instance_row
from inferops.api.translate.moments import WRITTEN, last_written
from inferops.api.translate.registries import registry_row
from inferops.api.waiting import Bell
from inferops.cluster.packing import Deflated
from inferops.cluster.reflector import Reflector, find_unread
from inferops.cluster.store import Reference, Store, name_of
from inferops.names import KEY_HASH_LABEL, Manifest
from inferops.plan.references import references
from inferops.settings import Settings
from inferops.specs.key_hashes import read_hashes

SELECTORS = {
    "Model": "",
    "Hardware": "",
    "Region": "",
    "ApiKey": "",
    "Secret": f"{KEY_HASH_LABEL}=true",
    "Registry": "",
    "InferenceInstance": "",
}
"""What the API watches. Of Secrets it asks for those with hashes of keys only."""
DIGEST = "Digest"
"""What is no kind, and Secrets are found by all the same; as all objects by MARK."""


class DatedStore(Store):
    """Keeps with each object when it was last changed by anybody but those who write its status."""

    def put(self, obj: Manifest) -> bool:
        """As Store.put."""
        return super().put(remember(obj))


def remember(obj: Manifest) -> Manifest:
    """With what its managedFields tell, which stores do not keep."""
    keeper = find_gitops_owner(obj) or obj.get(KEPT_BY)
    return {**obj, WRITTEN: last_written(obj), KEPT_BY: str(keeper) if keeper else ""}


def index(obj: Manifest) -> Iterable[Reference]:
    """By what objects are found: what they name, and Secrets by the hashes that they hold."""
    if obj["kind"] != "Secret":
        marks = read_marks(obj)
        made = [(MARK, obj["metadata"].get("namespace", ""), marks.key)] if marks else []
        return [*references(obj), *made]
    hashes = read_hashes(obj)
    if hashes is None:
        return []
    digests = {hashes.current, hashes.next, *(replaced.sha256 for replaced in hashes.replaced)}
    return [(DIGEST, "", digest) for digest in digests if digest]


class World:
    """Everything that reads need."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.stores: dict[str, Store] = {kind: DatedStore(index, Deflated) for kind in SELECTORS}
        self.reflectors: list[Reflector] = []
        self.catalog = Catalog()
        self.bell = Bell()
        instances = Listing(self.stores["InferenceInstance"], lambda obj: instance_row(obj, self.catalog, settings))
        self.listings = {
            "InferenceInstance": instances,
            "Registry": Listing(self.stores["Registry"], registry_row),
        }
        self.endpoints = Listing(
            self.stores["InferenceInstance"], lambda obj: endpoint_row(obj, self.catalog, settings)
        )

    def touch(self, obj: Manifest) -> None:
        """Take note that a store has another state of the object, or has it no more."""
        kind = obj["kind"]
        self.bell.ring(obj)
        if kind in self.listings:
            self.listings[kind].touch(obj)
        if kind == "InferenceInstance":
            self.endpoints.touch(obj)
        if kind in KINDS:
            name = obj["metadata"]["name"]
            catalog = change_catalog(self.catalog, kind, name, self.stores[kind].get("", name))
            if catalog is not self.catalog:
                self.catalog = catalog
                self.listings["InferenceInstance"].forget()
                self.endpoints.forget()

    def take(self, obj: Manifest) -> Manifest:
        """An object that the API server just gave, as the store has it now."""
        store = self.stores[obj["kind"]]
        if store.put(obj):
            self.touch(obj)
        return store.get(*name_of(obj)) or remember(obj)

    def drop(self, obj: Manifest) -> None:
        """An object that was just deleted, and is gone."""
        self.stores[obj["kind"]].drop(*name_of(obj), obj)
        self.touch(obj)

    def key_secrets(self, digest: str) -> list[Manifest]:
        """The Secrets that hold the hash of a key."""
        return self.stores["Secret"].referring(DIGEST, "", digest)

    def find_gaps(self) -> list[str]:
        """What is not known yet, as sentences."""
        return find_unread(self.reflectors)

"""What a reconcile has in its hands: the last seen state of everything, and writes that happen only where needed."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

import orjson

from inferops.cluster.client import Client
from inferops.cluster.covers import covers
from inferops.cluster.events import Recorder
from inferops.cluster.occupancy import Occupancy
from inferops.cluster.packing import Deflated, Plain, WithoutImages
from inferops.cluster.repair import forget_repair, replace_spec
from inferops.cluster.resources import RESOURCES
from inferops.cluster.scaler import ScalerPresence
from inferops.cluster.store import Name, Store, name_of
from inferops.cluster.witness import Witness
from inferops.errors import Conflict, NameConflict, NotFound, Rejected
from inferops.names import MANAGED_BY, STATUS_MANAGER, Manifest
from inferops.plan.capacity import RoomCounter
from inferops.plan.references import index_keys
from inferops.plan.types import Replicas

REPLICAS_MANAGER = "inferops-replicas"
"""Holds `spec.replicas` of a Deployment between us and KEDA, so that the count never falls to its default."""

WRITTEN_WITH_STATUS = ("managedFields", "resourceVersion")
NO_VERSION = "1"
"""A resourceVersion that nothing has: etcd gives it to no write."""
READ_BY_OTHERS = {"Registry", "ApiKey"}
"""Kinds whose status decides about instances: it comes back through the watch, as news."""
CATALOG = {"Model", "Hardware", "Region", "Registry", "ApiKey"}
UNPROCESSABLE = 422


class Cluster:
    """Reads come from `stores`, which reflectors fill; writes go through `client` and come back into the stores."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.witness = Witness(client)
        self.events = Recorder(client)
        self.occupancy = Occupancy()
        self.scaler = ScalerPresence()
        self.rooms, self.sizes = RoomCounter(), RoomCounter()
        """What fits beside the pods that there are, and what would fit without them."""
        self.look_again: Callable[[str, Name, float], None] = lambda *_: None
        """Asks for another look at an object (kind and name) after some seconds; set by who has a queue."""
        self.stores = {kind: build_store(kind) for kind in RESOURCES}

    async def apply(self, manifest: Manifest) -> bool:
        """Make it so by server-side apply, and return whether anything had to be written.

        Raises NameConflict when another's object has the name, Conflict while an old one of ours is being deleted.
        """
        store = self.stores[manifest["kind"]]
        live = store.get(*name_of(manifest)) or await self._create(store, manifest)
        if live is None:
            return True
        check_owner(live, manifest)
        if is_covered(store, live, manifest):
            return False
        try:
            await self._write(store, manifest)
        except Rejected as error:
            if error.status != UNPROCESSABLE:
                raise
            await replace_spec(self.client, manifest)
            store.put(await forget_repair(self.client, await self._write(store, manifest)))
        return True

    async def apply_deployment(self, manifest: Manifest, replicas: Replicas) -> bool:
        """As apply, for a manifest without `spec.replicas`. The count is ours where it is fixed. Else it is KEDA's, and
        only a new Deployment gets the initial one.

        A field that one applied and no longer applies falls back to its default. So while the count is still on our
        record, it is handed over before the next write: another field manager applies it as it is (unless an
        autoscaler took it meanwhile), then ours lets go.
        """
        store, (namespace, name) = self.stores["Deployment"], name_of(manifest)
        if replicas.fixed is not None:
            return await self.apply(as_applied(store, manifest, replicas))
        live = store.get(namespace, name) or await self._create(store, with_replicas(manifest, replicas.initial))
        if live is None:
            return True
        if counts_replicas(store, namespace, name):
            check_owner(live, manifest)
            if is_covered(store, live, as_applied(store, manifest, replicas)):
                return False
            await self._hand_over(live)
        return await self.apply(manifest)

    async def apply_status(self, obj: Manifest, status: Mapping[str, Any]) -> bool:
        """Make the status of `obj` so, and return whether anything had to be written."""
        namespace, name = name_of(obj)
        store = self.stores[obj["kind"]]
        manifest = {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": _identity(obj), "status": status}
        live = store.get(namespace, name)
        if live is not None and is_covered(store, live, manifest):
            return False
        answer = await self.client.apply(manifest, manager=STATUS_MANAGER, subresource="status")
        if obj["kind"] not in READ_BY_OTHERS and (live is None or is_same_but_status(live, answer)):
            store.put(answer)
            store.note(namespace, name, _digest(manifest))
        return True

    async def prune(self, owner_uid: str, keep: set[tuple[str, str]]) -> None:
        """Delete what `owner_uid` controls and `keep` (kind, name) does not name."""
        for kind, store in self.stores.items():
            for namespace, name in store.names_owned_by(owner_uid):
                child = None if (kind, name) in keep else store.get(namespace, name)
                if child is None or controller_of(child).get("uid") != owner_uid:
                    continue
                if "deletionTimestamp" not in child["metadata"]:
                    await self.client.delete(kind, namespace, name, uid=child["metadata"]["uid"])

    async def _create(self, store: Store, manifest: Manifest) -> Manifest | None:
        """Create what our stores do not have, and return None; or the object that has the name: too new for them, or
        without our labels and so not ours. No object is ever at NO_VERSION, so such an apply creates or conflicts.
        """
        try:
            answer = await self.client.apply(
                {**manifest, "metadata": {**manifest["metadata"], "resourceVersion": NO_VERSION}}
            )
        except Conflict:
            pass
        else:
            self._take(store, manifest, answer)
            return None
        try:
            live = await self.client.get(manifest["kind"], *name_of(manifest))
        except NotFound as error:
            raise Conflict(str(error), 409) from None  # it went that very moment
        check_owner(live, manifest)
        store.put(live)
        return live

    async def _write(self, store: Store, manifest: Manifest) -> Manifest:
        answer = await self.client.apply(manifest)
        self._take(store, manifest, answer)
        return answer

    def _take(self, store: Store, manifest: Manifest, answer: Manifest) -> None:
        store.put(answer)
        store.note(*name_of(manifest), _digest(manifest))

    async def _hand_over(self, live: Manifest) -> None:
        part = {"apiVersion": live["apiVersion"], "kind": live["kind"], "metadata": _identity(live)}
        replicas = live["spec"].get("replicas", 1)
        try:
            answer = await self.client.apply(
                {**part, "spec": {"replicas": replicas}}, manager=REPLICAS_MANAGER, force=False
            )
        except Conflict:  # an autoscaler has set it since: it is not ours any more
            return
        self.stores["Deployment"].put(answer)


def build_store(kind: str) -> Store:
    """What is few and read for every instance is kept as it is."""
    if kind == "Node":
        return Store(index_keys, WithoutImages)
    return Store(index_keys, Plain if kind in CATALOG else Deflated)


def is_covered(store: Store, live: Manifest, manifest: Manifest) -> bool:
    """Whether applying would change nothing. What was found, or what the API server or an admission policy answered to
    this very manifest, holds as long as the object stays in that version.
    """
    namespace, name = name_of(manifest)
    digest = _digest(manifest)
    if store.noted(namespace, name) == digest:
        return True
    if covered := covers(live, manifest, store.applied_fields(namespace, name)):
        store.note(namespace, name, digest)
    return covered


def check_owner(live: Manifest, manifest: Manifest) -> None:
    """Raise NameConflict unless both have the same controller; Conflict where the object is on its way out. An object
    with all our labels and no owner is ours: a backup brings it back so.
    """
    kind, (namespace, name) = live["kind"], name_of(live)
    mine, theirs = controller_of(manifest), controller_of(live)
    same_name = (mine.get("kind"), mine.get("name")) == (theirs.get("kind"), theirs.get("name"))
    if "deletionTimestamp" in live["metadata"] or (same_name and mine.get("uid") != theirs.get("uid")):
        raise Conflict(f"{kind} {namespace}/{name} is still being deleted", 409)
    if not same_name and (theirs or not has_labels(live, manifest)):
        holder = f"belongs to {theirs['kind']} {theirs['name']}" if theirs else "is not ours"
        raise NameConflict(
            f"{kind} {namespace}/{name} exists and {holder}: delete or rename it, its name is needed here."
        )


def has_labels(live: Manifest, manifest: Manifest) -> bool:
    """Whether the object has all the labels of the manifest, which say that it is ours."""
    wanted, found = manifest["metadata"].get("labels") or {}, live["metadata"].get("labels") or {}
    return MANAGED_BY.items() <= wanted.items() <= found.items()


def is_same_but_status(live: Manifest, answer: Manifest) -> bool:
    """Whether a write of the status changed nothing else. Else somebody wrote between what we saw and what we wrote:
    the watch has yet to tell of it, and would not if the store knew already.
    """
    return _without_status(live) == _without_status(answer)


def controller_of(obj: Manifest) -> Manifest:
    """The owner reference of the controller, or an empty dict."""
    owners = obj["metadata"].get("ownerReferences") or ()
    return next((owner for owner in owners if owner.get("controller")), {})


def _without_status(obj: Manifest) -> Manifest:
    metadata = {key: value for key, value in obj["metadata"].items() if key not in WRITTEN_WITH_STATUS}
    return {**obj, "metadata": metadata, "status": None}


def _identity(obj: Manifest) -> Manifest:
    return {key: obj["metadata"][key] for key in ("name", "namespace") if key in obj["metadata"]}


def as_applied(store: Store, manifest: Manifest, replicas: Replicas) -> Manifest:
    """A Deployment with its count, where that is ours, or not yet handed over to KEDA."""
    if replicas.fixed is not None:
        count = count_without_keda(store, manifest, replicas)
        return manifest if count is None else with_replicas(manifest, count)
    live = store.get(*name_of(manifest))
    if live and counts_replicas(store, *name_of(manifest)):
        return with_replicas(manifest, live["spec"].get("replicas", 1))
    return manifest


def count_without_keda(store: Store, manifest: Manifest, replicas: Replicas) -> int | None:
    """The count that is ours to apply; None where another has set one that is enough. What sleeps and may sleep goes on
    sleeping: control wakes it.
    """
    namespace, name = name_of(manifest)
    live = store.get(namespace, name)
    if live is None or replicas.least is None:
        return replicas.fixed
    count: int = live["spec"].get("replicas", 1)
    if counts_replicas(store, namespace, name):
        return 0 if count == replicas.least == 0 else replicas.fixed
    return None if count >= replicas.least else replicas.fixed


def counts_replicas(store: Store, namespace: str, name: str) -> bool:
    """Whether the count is on our record, and so not handed over to KEDA."""
    return "f:replicas" in store.applied_fields(namespace, name).get("f:spec", {})


def with_replicas(manifest: Manifest, replicas: int) -> Manifest:
    """A Deployment that says how many pods it wants."""
    return {**manifest, "spec": {**manifest["spec"], "replicas": replicas}}


def _digest(manifest: Manifest) -> bytes:
    return sha256(orjson.dumps(manifest)).digest()

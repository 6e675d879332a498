"""A namespace of a real API server as the reconcilers see it, without watches: what they read is listed before each."""

from datetime import UTC, datetime
from typing import Any

from inferops.cluster.client import Client, Scope
from inferops.cluster.cluster import Cluster
from inferops.cluster.resources import OUR_KINDS, RESOURCES
from inferops.cluster.store import name_of
from inferops.handlers.watches import LABELLED
from inferops.handlers.worker import Reconciler
from inferops.names import API_VERSION, Manifest
from inferops.reconcile.apikey import ApiKeyReconciler
from inferops.reconcile.instance import InstanceReconciler
from inferops.reconcile.queue import Key
from inferops.reconcile.registry import RegistryReconciler
from inferops.settings import Settings

READ = (*OUR_KINDS, *LABELLED, "Secret", "ReferenceGrant", "Namespace")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class World:
    """One namespace; catalog entries are named `<name>-<namespace>`, since they are shared."""

    def __init__(self, client: Client, namespace: str, *, keda: bool = False, gateway_api: bool = False) -> None:
        self.client = client
        self.cluster = Cluster(client)
        self.cluster.stores["ScaledObject"].served = keda
        for kind in ("HTTPRoute", "ReferenceGrant"):
            self.cluster.stores[kind].served = gateway_api
        self.namespace = namespace
        self.settings = Settings()
        self.registries = RegistryReconciler()
        self.reconcilers: dict[str, Reconciler] = {
            "InferenceInstance": InstanceReconciler(),
            "Registry": self.registries,
            "ApiKey": ApiKeyReconciler(),
        }

    async def write(self, kind: str, name: str, **spec: Any) -> Manifest:
        """What a user writes: one of our kinds, by server-side apply."""
        manifest: Manifest = {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec}
        if RESOURCES[kind].namespaced:
            manifest["metadata"]["namespace"] = self.namespace
        return await self.client.apply(manifest, manager="user")

    async def write_secret(self, name: str, type_: str = "Opaque", **data: str) -> Manifest:
        """A Secret of a user's."""
        meta = {"name": name, "namespace": self.namespace}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "type": type_, "stringData": data}
        return await self.client.apply(secret, manager="user")

    async def write_catalog(self) -> None:
        """A model on CPUs and a region."""
        suffix = self.namespace
        await self.write("Hardware", f"cpu-{suffix}", cpu="1", memory="1Gi", pricePerHour="0.20")
        source, hardware = "file:///models/tiny", f"cpu-{suffix}"
        await self.write("Model", f"tiny-{suffix}", image="engine:1", source=source, defaultHardware=hardware)
        for number, region in enumerate(("eu", "us")):
            await self.write("Region", f"{region}-{suffix}", id=number)

    async def write_instance(self, name: str = "chat", regions: tuple[str, ...] = ("eu",), **spec: Any) -> Manifest:
        """An instance that sleeps."""
        scale = {"min": 0, "max": 2, "triggers": {"http": {"rate": 10, "window": 60}}}
        places = [{"region": f"{region}-{self.namespace}", "scale": scale} for region in regions]
        given = {"model": f"tiny-{self.namespace}", "auth": "None", "regions": places} | spec
        return await self.write("InferenceInstance", name, **given)

    async def reconcile(self, kind: str, name: str, now: datetime = NOON) -> float | None:
        """Read everything, then one look at the object; where a registry was asked, another one at its answer."""
        await self.read()
        key = Key(kind, self.namespace, name)
        after = await self.reconcilers[kind](self.cluster, self.settings, key, now)
        if not self.registries.asking:
            return after
        await self.registries.idle()
        await self.read()
        return await self.reconcilers[kind](self.cluster, self.settings, key, now)

    async def read(self) -> None:
        """Bring the stores up to date."""
        for kind in self._kinds():
            scope, store = Scope(self._place(kind)), self.cluster.stores[kind]
            listed, version = await self.client.read_list(kind, scope)
            for obj in listed:
                store.put(obj)
            store.retain({name_of(obj) for obj in listed}, version, scope.namespace)

    async def get(self, kind: str, name: str) -> Manifest:
        """An object as it is."""
        return await self.client.get(kind, self.namespace, name)

    async def names(self, kind: str) -> set[str]:
        """Names of all objects of a kind."""
        return {obj["metadata"]["name"] for obj in await self.client.list(kind, namespace=self.namespace)}

    async def condition(self, kind: str, name: str, type_: str) -> tuple[str, str, str]:
        """Status, reason and message of one condition."""
        conditions = (await self.get(kind, name))["status"]["conditions"]
        found = next(condition for condition in conditions if condition["type"] == type_)
        return found["status"], found["reason"], found["message"]

    async def versions(self) -> dict[tuple[str, str], str]:
        """resourceVersion of everything in the namespace: what changes when something is written."""
        kinds = [kind for kind in self._kinds() if RESOURCES[kind].namespaced]
        listed = {kind: await self.client.list(kind, namespace=self.namespace) for kind in kinds}
        return {
            (kind, obj["metadata"]["name"]): obj["metadata"]["resourceVersion"]
            for kind, objects in listed.items()
            for obj in objects
        }

    def _place(self, kind: str) -> str:
        """The namespace of a kind's objects; grants stand in the installation's."""
        own = self.settings.namespace if kind == "ReferenceGrant" else self.namespace
        return own if RESOURCES[kind].namespaced else ""

    def _kinds(self) -> list[str]:
        return [kind for kind in READ if self.cluster.stores[kind].served]

"""What the ledger knows of the cluster: watches fill stores, and what changed is written down by the clerk."""

from collections.abc import Iterator

from inferops.cluster.client import Client
from inferops.cluster.packing import Deflated
from inferops.cluster.reflector import Kept, Reflector
from inferops.cluster.resources import RESOURCES
from inferops.cluster.store import Name, Store, name_of
from inferops.metering.ledger.catalog import Row, parse, plan_instance, plan_prices, plan_served, read_model
from inferops.metering.ledger.pods import SELECTOR, Pods, Sighting
from inferops.names import Manifest
from inferops.plan.references import references
from inferops.settings import Settings
from inferops.specs.catalog import served_name
from inferops.specs.instance import InstanceSpec

CATALOG = ("Model", "Hardware", "Region")


class World:
    """The stores, and which instances changed."""

    def __init__(self, settings: Settings) -> None:
        self.pods = Pods()
        self.catalog_changed = False
        self.changed: set[Name] = set()
        """Instances that nobody has written down yet."""
        self._settings = settings
        self._stores = {kind: Store() for kind in CATALOG}
        self._instances = Store(references, Deflated)

    def build_reflectors(self, client: Client) -> Iterator[Reflector]:
        """One for each kind and namespace."""
        kept: dict[str, tuple[Kept, str]] = {kind: (store, "") for kind, store in self._stores.items()}
        kept |= {"InferenceInstance": (self._instances, ""), "Pod": (self.pods, SELECTOR)}
        for kind, (store, selector) in kept.items():
            for namespace in RESOURCES[kind].places(self._settings.watch_namespaces):
                yield Reflector(client, kind, store, self.touch, selector=selector, namespace=namespace)

    def touch(self, obj: Manifest) -> None:
        """It changed, or went. An instance's Model says which hardware it has by default."""
        if obj["kind"] == "InferenceInstance":
            self.changed.add(name_of(obj))
        elif obj["kind"] in CATALOG:
            self.catalog_changed = True
            if obj["kind"] == "Model":
                self.changed |= set(self._instances.names_referring("Model", "", obj["metadata"]["name"]))

    def plan_prices(self) -> list[Row]:
        """What everything costs now."""
        models, hardwares, regions = (self._stores[kind].values() for kind in CATALOG)
        return plan_prices(models, hardwares, regions, self._settings.prices.currency)

    def plan_served(self) -> dict[str, str]:
        """Models by the names that requests carry."""
        return plan_served(self._stores["Model"].values())

    def plan_instances(self, names: set[Name]) -> list[Row]:
        """Those of them that are there and parse."""
        objects = filter(None, (self._instances.get(*name) for name in sorted(names)))
        return [row for obj in objects if (row := plan_instance(obj, self.find))]

    def find(self, kind: str, name: str) -> Manifest | None:
        """An object of the catalog."""
        return self._stores[kind].get("", name)

    def find_serving(self, seen: Sighting) -> tuple[str, str] | None:
        """Served name and Hardware of the pod's instance; None where the instance is gone."""
        obj = self._instances.get(seen.namespace, seen.name)
        row = plan_instance(obj, self.find) if obj else None
        if obj is None or row is None:
            return None
        ((_, spec),) = parse([obj], InstanceSpec)
        model = read_model(self.find, spec.model)
        return served_name(spec.model or "", model) if model else "", row["hardware"]

"""Which objects the operator watches: what users write, what it makes of that, and what decides about it. Only what is
needed is asked for, the selection is the API server's.
"""

from collections.abc import Callable, Iterator

from inferops.cluster.client import Client
from inferops.cluster.cluster import Cluster
from inferops.cluster.occupancy import PLACED
from inferops.cluster.reflector import Reflector
from inferops.cluster.resources import OUR_KINDS, RESOURCES
from inferops.names import MANAGED_SELECTOR, Manifest
from inferops.settings import Settings

FOREIGN_SECRETS = ("helm.sh/release.v1", "kubernetes.io/service-account-token")
"""Types of Secrets that no Registry or ApiKey can name, and which are many or large."""
LABELLED = (
    "Deployment",
    "Pod",
    "Service",
    "Ingress",
    "HTTPRoute",
    "NetworkPolicy",
    "PodDisruptionBudget",
    "PersistentVolumeClaim",
    "ScaledObject",
)


def build_reflectors(
    client: Client,
    cluster: Cluster,
    settings: Settings,
    on_change: Callable[[Manifest], None],
    on_placed: Callable[[Manifest], None],
    on_served: Callable[[], None],
) -> Iterator[Reflector]:
    """One for each kind and namespace; an empty list of namespaces means all. `on_placed` hears of pods, whoever's,
    that take or leave room on a node. What an HTTPRoute needs beside itself is watched only where they are made.
    """
    selectors = {kind: {"selector": MANAGED_SELECTOR} for kind in LABELLED}
    secrets = {"field_selector": ",".join(f"type!={kind}" for kind in FOREIGN_SECRETS)}
    ours: dict[str, dict[str, str]] = {kind: {} for kind in OUR_KINDS}
    for kind, selector in {**ours, **selectors, "Secret": secrets, "Node": {}}.items():
        for namespace in RESOURCES[kind].places(settings.watch_namespaces):
            yield Reflector(
                client, kind, cluster.stores[kind], on_change, **selector, namespace=namespace, on_served=on_served
            )
    yield Reflector(client, "Pod", cluster.occupancy, on_placed, field_selector=PLACED)
    if settings.ingress.makes("HTTPRoute"):
        grants, place = cluster.stores["ReferenceGrant"], settings.namespace
        yield Reflector(client, "ReferenceGrant", grants, on_change, selector=MANAGED_SELECTOR, namespace=place)
        yield Reflector(client, "Namespace", cluster.stores["Namespace"], on_change)

"""All reads for `inferops explain`: the operator's own view of an instance, gathered with a person's rights."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from inferops.cluster.client import Scope
from inferops.cluster.cluster import Cluster, check_owner, is_covered, with_replicas
from inferops.cluster.drift import find_drift
from inferops.cluster.inspector import Inspector
from inferops.cluster.store import name_of
from inferops.errors import ClusterError, NameConflict, SpecError
from inferops.names import INSTANCE_LABEL, Manifest
from inferops.plan.conditions import find_condition
from inferops.plan.explain.examined import Child, Examined, Gateway
from inferops.plan.explain.names import plan_needs
from inferops.plan.instance import plan_instance
from inferops.plan.references import claims
from inferops.plan.seen import Seen
from inferops.plan.types import Plan
from inferops.reconcile.evidence import read_evidence
from inferops.reconcile.gather import gather_instance, observe_instance
from inferops.reconcile.instance import is_unready
from inferops.settings import Settings

CATALOG = ("Model", "Hardware", "Region", "Node")
NEIGHBOURS = ("Registry", "ApiKey")
CHILDREN = (
    *("Deployment", "Pod", "ReplicaSet", "Service", "Ingress", "HTTPRoute", "NetworkPolicy", "PodDisruptionBudget"),
    *("PersistentVolumeClaim", "ScaledObject", "HorizontalPodAutoscaler", "EndpointSlice"),
)
WARNINGS = "type=Warning"
OPERATOR_LEASE = "inferops-operator"


@dataclass(frozen=True)
class Surroundings:
    """What was read, by kind."""

    seen: dict[str, Seen]

    @property
    def refusals(self) -> dict[str, str]:
        """Kinds that could not be read, and why."""
        return {kind: seen.refusal for kind, seen in self.seen.items() if seen.refusal}

    @property
    def names(self) -> dict[tuple[str, str], Manifest]:
        """All objects by kind and name."""
        return {(kind, each["metadata"]["name"]): each for kind, seen in self.seen.items() for each in seen.objects}


async def examine_instance(inspector: Inspector, obj: Manifest, settings: Settings, *, guessed: str = "") -> Examined:
    """Everything about one instance. What may not be read is told in `refusals`; `guessed` says why the settings may
    not be the installation's.
    """
    around = await read_surroundings(inspector, obj)
    cluster = fill_stores(inspector, around)
    cluster.stores["InferenceInstance"].put(obj)
    inputs = gather_instance(cluster, obj)
    now, unready = datetime.now(UTC), is_unready(observe_instance(cluster, obj))
    observed = observe_instance(cluster, obj, scaler_unready=unready, rejected=rejection(obj))
    evidence, _ = await read_evidence(cluster, obj, observed, now)
    outcome: Plan | SpecError
    try:
        outcome = plan_instance(inputs, settings)
    except SpecError as error:
        outcome = error
    gateway, lease, refusals = await read_system(inspector, settings)
    own = {obj["metadata"]["name"]} | {
        each["metadata"]["name"] for kind in CHILDREN for each in around.seen[kind].objects
    }
    examined = Examined(
        inputs=inputs,
        outcome=outcome,
        observed=replace(observed, evidence=evidence),
        now=now,
        autoscalers={target_of(each): each for each in around.seen["HorizontalPodAutoscaler"].objects},
        slices=around.seen["EndpointSlice"].objects,
        events=[each for each in around.seen["Event"].objects if each["involvedObject"].get("name") in own],
        gateway=gateway,
        lease=lease,
        refusals=around.refusals | refusals | ({"settings": guessed} if guessed else {}),
    )
    return replace(
        examined,
        children=await read_children(inspector, cluster, around, examined),
        needed=await read_needed(inspector, examined),
    )


async def read_surroundings(inspector: Inspector, obj: Manifest) -> Surroundings:
    """The catalog, the namespace's Registries and ApiKeys, the instance's objects and the namespace's warnings."""
    namespace, name = name_of(obj)
    mine = Scope(namespace, selector=f"{INSTANCE_LABEL}={name}")
    scopes: dict[str, Scope] = {
        **dict.fromkeys(CATALOG, Scope()),
        **dict.fromkeys(NEIGHBOURS, Scope(namespace)),
        **dict.fromkeys(CHILDREN, mine),
        "Event": Scope(namespace, field_selector=WARNINGS),
    }
    if claims(obj):  # only who asks for a host has rivals
        scopes["InferenceInstance"] = Scope()
    seen = await asyncio.gather(*(inspector.see_all(kind, scope) for kind, scope in scopes.items()))
    place = await inspector.see("Namespace", "", namespace)
    return Surroundings({**dict(zip(scopes, seen, strict=True)), "Namespace": place})


def fill_stores(inspector: Inspector, around: Surroundings) -> Cluster:
    """The same stores as the operator's, with what was read."""
    cluster = Cluster(inspector)
    for kind, seen in around.seen.items():
        cluster.stores[kind].served = seen.served
        for obj in seen.objects:
            cluster.stores[kind].put(obj)
    return cluster


def rejection(obj: Manifest) -> str | None:
    """What the API server last refused, which only the operator heard."""
    progressing = find_condition(obj, "Progressing")
    return progressing["message"] if progressing and progressing["reason"] == "Rejected" else None


def target_of(autoscaler: Manifest) -> str:
    """Name of the Deployment, and so of the ScaledObject, that an autoscaler is for."""
    return str(autoscaler["spec"]["scaleTargetRef"]["name"])


async def read_children(
    inspector: Inspector, cluster: Cluster, around: Surroundings, examined: Examined
) -> list[Child]:
    """Each planned object against what is there. What lacks our labels was not listed, and is asked for by name."""
    outcome = examined.outcome
    if isinstance(outcome, SpecError) or examined.blind:
        return []
    found = dict(around.names)
    planned = {(manifest["kind"], manifest["metadata"]["name"]): manifest for manifest in outcome.objects}
    unlisted = {
        key: name_of(obj) for key, obj in planned.items() if key not in found and key[0] not in examined.refusals
    }
    seen = await asyncio.gather(*(inspector.see(kind, *place) for (kind, _), place in unlisted.items()))
    found |= {key: each.first for key, each in zip(unlisted, seen, strict=True) if each.first}
    children = []
    for manifest in outcome.objects:
        kind, name = manifest["kind"], manifest["metadata"]["name"]
        if kind in examined.refusals:
            children.append(Child(kind, name, "unseen", examined.refusals[kind]))
        else:
            children.append(judge_child(cluster, as_applied(cluster, manifest, outcome), found.get((kind, name))))
    return children


def as_applied(cluster: Cluster, manifest: Manifest, plan: Plan) -> Manifest:
    """A Deployment carries its replicas where they are ours, or not yet handed over to KEDA."""
    if manifest["kind"] != "Deployment":
        return manifest
    store, (namespace, name) = cluster.stores["Deployment"], name_of(manifest)
    replicas, live = plan.replicas[name], store.get(namespace, name)
    if replicas.fixed is not None:
        return with_replicas(manifest, replicas.fixed)
    if live and "f:replicas" in store.applied_fields(namespace, name).get("f:spec", {}):
        return with_replicas(manifest, live["spec"].get("replicas", 1))
    return manifest


def judge_child(cluster: Cluster, manifest: Manifest, live: Manifest | None) -> Child:
    """One object; `live` with its managedFields."""
    kind, (namespace, name) = manifest["kind"], name_of(manifest)
    if live is None:
        return Child(kind, name, "missing")
    try:
        check_owner(live, manifest)
    except NameConflict as error:
        return Child(kind, name, "foreign", str(error))
    except ClusterError:
        return Child(kind, name, "ending")
    store = cluster.stores[kind]
    if is_covered(store, store.get(namespace, name) or live, manifest):
        return Child(kind, name, "planned")
    differences = find_drift(live, manifest)
    return Child(kind, name, "drifted", "; ".join(map(str, differences)) or "the newest plan is not applied yet")


async def read_needed(inspector: Inspector, examined: Examined) -> dict[tuple[str, str], Manifest | None]:
    """The Secrets, ConfigMaps and claims that the pods name; what may not be read is left out."""
    namespace = examined.obj["metadata"]["namespace"]
    wanted = sorted({(kind, name) for kind, name, _ in plan_needs(examined.outcome)})
    seen = await asyncio.gather(*(inspector.see(kind, namespace, name) for kind, name in wanted))
    return {key: each.first for key, each in zip(wanted, seen, strict=True) if not each.refusal}


async def read_system(inspector: Inspector, settings: Settings) -> tuple[Gateway, Manifest | None, dict[str, str]]:
    """The gateway, the operator's Lease, and why they could not be read."""
    namespace, name = settings.namespace, settings.gateway.service
    service, deployment, lease = await asyncio.gather(
        inspector.see("Service", namespace, name),
        inspector.see("Deployment", namespace, name),
        inspector.see("Lease", namespace, OPERATOR_LEASE),
    )
    refusals = {"gateway": service.refusal or deployment.refusal, "Lease": lease.refusal}
    found = Gateway(name, service.first, deployment.first)
    return found, lease.first, {what: why for what, why in refusals.items() if why}

"""All reads for `inferops explain`: the operator's own view of an instance, gathered with a person's rights."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from inferops.cluster.client import Scope
from inferops.cluster.cluster import Cluster
from inferops.cluster.inspector import Inspector
from inferops.cluster.store import name_of
from inferops.errors import SpecError
from inferops.names import INSTANCE_LABEL, OPERATOR, Manifest
from inferops.plan.conditions import find_condition
from inferops.plan.explain.examined import Examined, Gateway
from inferops.plan.explain.names import plan_needs
from inferops.plan.explain.process import lease_problem
from inferops.plan.instance import plan_instance
from inferops.plan.references import claims
from inferops.plan.seen import Seen
from inferops.plan.types import InstanceInputs, Plan
from inferops.plan.verdicts import LEFT_AS_IT_IS, TRIED_AGAIN
from inferops.reconcile.compare import read_children
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
SEEN_HERE = ("ApiKeyNotFound", "NameConflict")
"""Reasons of condition Accepted that are judged from what is there."""


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
    evidence, _ = await read_evidence(cluster, obj, observed, now, cramped=True)
    gateway, lease, refusals = await read_system(inspector, settings)
    examined = Examined(
        inputs=inputs,
        outcome=plan_or_error(inputs, settings, acts=not lease_problem(lease, now)),
        observed=replace(observed, evidence=evidence),
        now=now,
        autoscalers={target_of(each): each for each in around.seen["HorizontalPodAutoscaler"].objects},
        slices=around.seen["EndpointSlice"].objects,
        events=[each for each in around.seen["Event"].objects if concerns(each, around.names)],
        gateway=gateway,
        lease=lease,
        refusals=around.refusals | refusals | ({"settings": guessed} if guessed else {}),
    )
    return replace(
        examined,
        children=await read_children(inspector, cluster, around.names, examined),
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
    # who asks for a host may have rivals anywhere
    scopes["InferenceInstance"] = Scope() if claims(obj) else Scope(namespace)
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


def plan_or_error(inputs: InstanceInputs, settings: Settings, *, acts: bool) -> Plan | SpecError:
    """The plan, or why there is none. Some mistakes only the API server knows; while an operator acts, it has written
    down what it heard.
    """
    try:
        plan = plan_instance(inputs, settings)
    except SpecError as error:
        return error
    status, accepted = inputs.obj.get("status") or {}, find_condition(inputs.obj, "Accepted")
    current = acts and status.get("observedGeneration") == inputs.obj["metadata"].get("generation")
    if current and accepted and accepted["status"] == "False" and accepted["reason"] not in SEEN_HERE:
        return SpecError(accepted["message"].partition(LEFT_AS_IT_IS)[0], reason=accepted["reason"])
    return plan


def rejection(obj: Manifest) -> str | None:
    """What the API server last refused, which only the operator heard."""
    progressing = find_condition(obj, "Progressing")
    if progressing is None or progressing["reason"] != "Rejected":
        return None
    return str(progressing["message"]).removesuffix(TRIED_AGAIN)


def concerns(event: Manifest, objects: Mapping[tuple[str, str], Manifest]) -> bool:
    """Whether an event is about one of the instance's objects."""
    about = event["involvedObject"]
    return (about.get("kind", ""), about.get("name", "")) in objects


def target_of(autoscaler: Manifest) -> str:
    """Name of the Deployment, and so of the ScaledObject, that an autoscaler is for."""
    return str(autoscaler["spec"]["scaleTargetRef"]["name"])


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
        inspector.see("Lease", namespace, OPERATOR),
    )
    refusals = {"gateway": service.refusal or deployment.refusal, "Lease": lease.refusal}
    found = Gateway(name, service.first, deployment.first)
    return found, lease.first, {what: why for what, why in refusals.items() if why}

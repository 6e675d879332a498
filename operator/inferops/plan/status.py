"""What is seen -> what an instance's status says: phase, regions, price. The conditions are in verdicts.py."""

from datetime import datetime

from inferops.errors import SpecError
from inferops.names import Manifest, instance_id
from inferops.plan.conditions import build_conditions, find_condition, timestamp
from inferops.plan.hosts import default_host, granted_host, instance_address
from inferops.plan.prices import hourly_price
from inferops.plan.regions import RegionView, view_regions
from inferops.plan.stop import is_stopped
from inferops.plan.types import InstanceInputs, Observed, Plan
from inferops.plan.verdicts import judge_instance
from inferops.settings import Settings
from inferops.specs.catalog import served_name
from inferops.specs.instance import Phase

REMEMBERED = ("model", "features", "hourlyPrice", "currency")
"""What a spec that is not accepted cannot tell; the last accepted one still runs."""
ORDER = ("Accepted", "Available", "Progressing", "Routable", "Scalable")
"""Conditions, the gravest first."""
HARMLESS = {"ScaledToZero", "Stopped", "Settled"}
"""Reasons why a condition is False that are what the user asked for."""


def build_status(
    inputs: InstanceInputs, outcome: Plan | SpecError, observed: Observed, settings: Settings, now: datetime
) -> Manifest:
    """The whole status of an instance; `outcome` is its plan, or why there is none."""
    obj = inputs.obj
    views = view_regions(inputs, outcome, observed)
    conditions = build_conditions(judge_instance(inputs, outcome, observed, views), obj, now)
    ready, total = sum(view.ready for view in views), sum(view.desired for view in views)
    meta = obj["metadata"]
    host = granted_host(inputs, settings) or default_host(obj, settings)
    status = {
        "phase": phase_of(obj, outcome, observed, views).value,
        "address": instance_address(host, settings),
        "id": instance_id(meta["namespace"], meta["name"]),
        **describe(obj, outcome, settings),
        "ready": f"{ready}/{total}",
        **gravest(conditions),
        "regions": [region_status(view) for view in views],
        "observedGeneration": meta.get("generation", 0),
        "conditions": conditions,
    }
    if since := ready_since(obj, conditions, now):
        status["readySince"] = since
    return status


def describe(obj: Manifest, outcome: Plan | SpecError, settings: Settings) -> Manifest:
    """What it serves and costs."""
    if isinstance(outcome, SpecError):
        previous = obj.get("status") or {}
        return {field: previous[field] for field in REMEMBERED if field in previous}
    resolved = outcome.resolved
    described: Manifest = {"hourlyPrice": hourly_price(resolved), "currency": settings.prices.currency}
    if resolved.model:
        described["model"] = served_name(resolved.spec.model or "", resolved.model)
        described["features"] = list(resolved.model.features)
    return described


def phase_of(obj: Manifest, outcome: Plan | SpecError, observed: Observed, views: list[RegionView]) -> Phase:
    """The state in one word. A region at zero that may sleep is as good as one that answers."""
    awake = [view for view in views if view.desired > 0]
    failing = any(view.stuck for view in awake) or bool(observed.rejected) or isinstance(outcome, SpecError)
    if obj["metadata"].get("deletionTimestamp"):
        return Phase.DELETING
    if is_stopped(obj, outcome):
        return Phase.DISABLED
    if any(view.ready for view in awake):
        partial = any(view.stuck or not view.ready for view in awake)
        return Phase.PARTIALLYDEPLOYED if partial else Phase.ACTIVE
    if failing:
        return Phase.ERROR
    if not observed.deployments:
        return Phase.NEW
    return Phase.DEPLOYING if awake else Phase.PENDING


def region_status(view: RegionView) -> Manifest:
    """One entry of status.regions."""
    status: Manifest = {"region": view.region, "replicas": {"ready": view.ready, "total": view.desired}}
    if view.finding and (view.ready < view.desired or view.finding.stuck):
        status["errorMessage"] = view.finding.message
    elif view.cramped:
        status["errorMessage"] = view.cramped.message
    return status


def gravest(conditions: list[Manifest]) -> Manifest:
    """Reason and message of the condition that matters most, as `kubectl get` shows them; empty where all is as it
    should be. What is wrong comes first, then why no replica answers, then what still goes on.
    """
    ordered = sorted(conditions, key=lambda condition: ORDER.index(condition["type"]))
    wrong = [each for each in ordered if each["status"] == "False" and each["reason"] not in HARMLESS]
    asleep = [each for each in ordered if each["type"] == "Available" and each["status"] == "False"]
    moving = [each for each in ordered if each["type"] == "Progressing" and each["status"] == "True"]
    found = next(iter([*wrong, *asleep, *moving]), None)
    return {"reason": found["reason"], "message": found["message"]} if found else {}


def ready_since(obj: Manifest, conditions: list[Manifest], now: datetime) -> str | None:
    """When it last became available."""
    previous: str | None = (obj.get("status") or {}).get("readySince")
    available = next(condition for condition in conditions if condition["type"] == "Available")
    if available["status"] != "True":
        return previous
    was = find_condition(obj, "Available")
    return previous if previous and was and was["status"] == "True" else timestamp(now)

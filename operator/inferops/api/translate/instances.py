"""InferenceInstances as REST shows them."""

import shlex

from inferops.api.catalog import Catalog
from inferops.api.gitops import read_gitops_owner
from inferops.api.listing import Row
from inferops.api.translate.moments import created_at, updated_at
from inferops.api.translate.names import display_name
from inferops.api.translate.prices import hardware_of, price_at_most, price_now
from inferops.api.translate.scaling import show_scale
from inferops.api.translate.traffic import show_traffic
from inferops.names import Manifest
from inferops.plan.hosts import default_host, instance_address
from inferops.rest.instances import Condition, Container, DeployStatus, Instance, InstanceDetail
from inferops.settings import Settings
from inferops.specs.instance import Phase


def instance_row(obj: Manifest, catalog: Catalog, settings: Settings) -> Row:
    """For lists, with what they are filtered by."""
    spec = obj.get("spec") or {}
    instance = show_instance(obj, catalog, settings)
    regions = (catalog.regions.get(each["region"]) for each in spec.get("regions") or [])
    fields = {
        "name": frozenset({instance.name}),
        "status": frozenset({instance.status}),
        "modelId": frozenset(filter(None, [spec.get("model")])),
        "hardwareId": frozenset(filter(None, [hardware_of(spec, catalog)])),
        "regionId": frozenset(str(region.id) for region in regions if region),
    }
    return Row(instance.model_dump_json().encode(), fields)


def show_instance(obj: Manifest, catalog: Catalog, settings: Settings) -> Instance:
    """What lists have of it."""
    meta, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    model = catalog.models.get(spec.get("model") or "")
    return Instance(
        id=meta["name"],
        name=display_name(obj),
        status=show_phase(obj),
        hourly_price=price_at_most(obj, catalog),
        current_hourly_price=price_now(obj, catalog),
        features=list(model.features) if model else status.get("features") or [],
        address=status.get("address") or instance_address(default_host(obj, settings), settings),
        model_id=spec.get("model"),
        image=spec.get("image"),
        hardware_id=hardware_of(spec, catalog),
        containers=[show_container(region, status, catalog) for region in spec.get("regions") or []],
        kept_by=read_gitops_owner(obj) or None,
        created_at=created_at(obj),
        updated_at=updated_at(obj),
    )


def show_phase(obj: Manifest) -> str:
    """The operator's word, as far as it is about the spec that is there now."""
    meta, status = obj["metadata"], obj.get("status") or {}
    if meta.get("deletionTimestamp"):
        return Phase.DELETING
    if status.get("observedGeneration", meta.get("generation")) != meta.get("generation"):
        return Phase.DEPLOYING
    return str(status.get("phase", Phase.NEW))


def show_detail(obj: Manifest, catalog: Catalog, settings: Settings) -> InstanceDetail:
    """All of it."""
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    model = catalog.models.get(spec.get("model") or "")
    return InstanceDetail(
        **dict(show_instance(obj, catalog, settings)),
        container_port=spec.get("containerPort") or (model.port if model else None),
        description=spec.get("description"),
        pod_lifetime=spec.get("podLifetime"),
        envs={each["name"]: each.get("value", "") for each in spec.get("env") or [] if "valueFrom" not in each},
        startup_command=shlex.join(spec.get("command") or []) or None,
        startup_args=shlex.join(spec.get("args") or []) or None,
        api_keys_ids=spec.get("apiKeys") or [],
        registry_id=spec.get("registry"),
        auth=spec.get("auth", "ApiKey"),
        **show_traffic(spec),
        conditions=[show_condition(each) for each in status.get("conditions") or []],
        reason=status.get("reason"),
        message=status.get("message"),
    )


def show_condition(condition: Manifest) -> Condition:
    """As the operator wrote it."""
    return Condition(
        type=condition["type"],
        status=condition["status"],
        reason=condition.get("reason", ""),
        message=condition.get("message", ""),
        since=condition.get("lastTransitionTime"),
    )


def show_container(region: Manifest, status: Manifest, catalog: Catalog) -> Container:
    """One region, with what the operator last saw there."""
    name = region["region"]
    known = catalog.regions.get(name)
    seen: Manifest = next((each for each in status.get("regions") or [] if each["region"] == name), {})
    replicas = seen.get("replicas") or {}
    return Container(
        region_id=known.id if known else None,
        scale=show_scale(region["scale"]),
        deploy_status=DeployStatus(total=replicas.get("total", 0), ready=replicas.get("ready", 0)),
        error_message=seen.get("errorMessage"),
    )

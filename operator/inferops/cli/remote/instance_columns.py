"""How instances, their log lines, events and explanations look in tables."""

from typing import Any

from inferops.cli.remote.output import Column
from inferops.rest.instances import Container, InstanceDetail

COLUMNS = (
    Column("ID", lambda instance: instance.id),
    Column("NAME", lambda instance: instance.name),
    Column("STATUS", lambda instance: instance.status),
    Column("PRICE/H", lambda instance: instance.hourly_price),
    Column("FEATURES", lambda instance: instance.features),
    Column("ADDRESS", lambda instance: instance.address),
    Column("CREATED", lambda instance: f"{instance.created_at:%Y-%m-%d %H:%M}"),
)
EVENT_COLUMNS = (
    Column("TIME", lambda event: f"{event.time:%Y-%m-%d %H:%M:%S}"),
    Column("TYPE", lambda event: event.type),
    Column("REASON", lambda event: event.reason),
    Column("COUNT", lambda event: event.count),
    Column("OBJECT", lambda event: event.object),
    Column("MESSAGE", lambda event: event.message),
)


def describe_regions(instance: InstanceDetail) -> str:
    """A line for each region."""
    return "\n".join(describe_region(each) for each in instance.containers)


def describe_region(container: Container) -> str:
    """`18: 1/2 replicas, 0 to 4, on cpu 80`."""
    scale, status = container.scale, container.deploy_status
    watched: dict[str, Any] = scale.triggers.model_dump(by_alias=True, exclude_none=True) if scale.triggers else {}
    triggers = ", ".join(f"{name} {describe_trigger(value)}" for name, value in watched.items())
    text = f"{container.region_id}: {status.ready}/{status.total} replicas, {scale.min} to {scale.max}"
    text += f", on {triggers}" if triggers else ""
    return f"{text}\n  {container.error_message}" if container.error_message else text


def describe_trigger(value: Any) -> str:
    """Its numbers."""
    return "/".join(map(str, value.values())) if isinstance(value, dict) else f"({len(value)})"


DETAIL_COLUMNS = (
    *COLUMNS[:3],
    Column("REASON", lambda instance: instance.reason),
    Column("MESSAGE", lambda instance: instance.message),
    Column("ADDRESS", lambda instance: instance.address),
    Column("MODEL", lambda instance: instance.model_id),
    Column("IMAGE", lambda instance: instance.image),
    Column("REGISTRY", lambda instance: instance.registry_id),
    Column("HARDWARE", lambda instance: instance.hardware_id),
    Column("FEATURES", lambda instance: instance.features),
    Column("REGIONS", describe_regions),
    Column("POD LIFETIME", lambda instance: "never" if instance.pod_lifetime is None else f"{instance.pod_lifetime} s"),
    Column("PORT", lambda instance: instance.container_port),
    Column("COMMAND", lambda instance: instance.startup_command),
    Column("ARGS", lambda instance: instance.startup_args),
    Column("VARIABLES", lambda instance: sorted(instance.envs)),
    Column("KEYS", lambda instance: "everybody may call it" if instance.auth == "None" else instance.api_keys_ids),
    Column("PRICE/H", lambda instance: f"{instance.hourly_price} at most, {instance.current_hourly_price} now"),
    Column("DESCRIPTION", lambda instance: instance.description),
    Column("CREATED", lambda instance: f"{instance.created_at:%Y-%m-%d %H:%M}"),
)

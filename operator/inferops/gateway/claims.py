"""Which names lead to which instance: host names, and model names on the shared host.

Envoy refuses a configuration in which a name appears twice, so every name has exactly one owner here, and the others
hear why not. Names are compared without case, as Envoy does.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from inferops.gateway.instances import Instance
from inferops.settings import Settings
from inferops.specs.catalog import ModelSpec, served_name


@dataclass(frozen=True)
class Claims:
    """Names and their owners; an owner is namespace and name of an instance."""

    hosts: Mapping[tuple[str, str], list[str]]
    models: Mapping[tuple[str, str], list[str]]
    """Model names on the shared host, as requests carry them."""
    conflicts: Mapping[tuple[str, str], list[str]] = field(default_factory=dict)
    """For whom a name stays out of reach: a sentence for each."""


def claim_names(instances: Iterable[Instance], models: Mapping[str, ModelSpec], settings: Settings) -> Claims:
    """Give each name to the oldest instance that wants it, those that run before those that are stopped.

    `<id>.<domain>` is always the instance's own: nobody can take it by `spec.ingress.host`. Model names are apart for
    each namespace, because a key's namespace decides where its requests go.
    """
    ordered = sorted(instances, key=lambda instance: instance.seniority)
    conflicts: dict[tuple[str, str], list[str]] = defaultdict(list)
    hosts = claim_hosts(ordered, settings, conflicts)
    named = claim_models(ordered, models, conflicts)
    return Claims(hosts, named, dict(conflicts))


def claim_hosts(
    ordered: list[Instance], settings: Settings, conflicts: dict[tuple[str, str], list[str]]
) -> dict[tuple[str, str], list[str]]:
    """Host names of each instance."""
    own = {f"{instance.id}.{settings.gateway.domain}".lower(): instance.key for instance in ordered}
    taken: dict[str, tuple[str, str] | None] = {**own, **dict.fromkeys(settings.gateway.shared_hosts)}
    hosts = {owner: [host] for host, owner in own.items()}
    for instance in ordered:
        host = instance.spec.ingress.host if instance.spec.ingress else None
        if host is None:
            continue
        owner = taken.setdefault(host.lower(), instance.key)
        if owner != instance.key:
            whose = f"InferenceInstance {'/'.join(owner)}" if owner else "the gateway itself"
            conflicts[instance.key].append(f'spec.ingress.host "{host}" belongs to {whose}: choose another one.')
        elif host.lower() not in hosts[instance.key]:
            hosts[instance.key].append(host.lower())
    return hosts


def claim_models(
    ordered: list[Instance], models: Mapping[str, ModelSpec], conflicts: dict[tuple[str, str], list[str]]
) -> dict[tuple[str, str], list[str]]:
    """The model name of each instance that has one to itself."""
    taken: dict[tuple[str, str], Instance] = {}
    named: dict[tuple[str, str], list[str]] = {}
    for instance in ordered:
        name = model_name(instance, models)
        if name is None:
            continue
        owner = taken.setdefault((instance.namespace, name.lower()), instance)
        if owner is instance:
            named[instance.key] = [name]
        else:
            conflicts[instance.key].append(
                f'On the shared host the model name "{name}" leads to InferenceInstance "{owner.name}": the oldest that'
                " runs has the name. This instance answers at its own address."
            )
    return named


def model_name(instance: Instance, models: Mapping[str, ModelSpec]) -> str | None:
    """The model name that requests to the instance carry. An image of the user's own is called as the instance is; None
    where the Model does not exist.
    """
    if instance.spec.model is None:
        return instance.name
    model = models.get(instance.spec.model)
    return None if model is None else served_name(instance.spec.model, model)

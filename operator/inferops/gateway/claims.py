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
from inferops.specs.instance import called


@dataclass(frozen=True)
class Claims:
    """Names and their owners; an owner is namespace and name of an instance."""

    hosts: Mapping[tuple[str, str], list[str]]
    models: Mapping[tuple[str, str], list[str]]
    """Model names on the shared host, as requests carry them."""
    shares: Mapping[tuple[str, str], list[tuple[str, int]]] = field(default_factory=dict)
    """For the owner of a model name that several instances share: their ids and weights, its own among them."""
    conflicts: Mapping[tuple[str, str], list[str]] = field(default_factory=dict)
    """For whom a name stays out of reach: a sentence for each."""
    served: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """The model name of each instance, whether it leads there or not."""


def claim_names(instances: Iterable[Instance], models: Mapping[str, ModelSpec], settings: Settings) -> Claims:
    """Give each name to the oldest instance that wants it, those that run before those that are stopped. A model name
    may be shared: the weights of those that have one tell how.

    `<id>.<domain>` is always the instance's own: nobody can take it by `spec.ingress.host`. Model names are apart for
    each namespace, because a key's namespace decides where its requests go.
    """
    ordered = sorted(instances, key=lambda instance: instance.seniority)
    conflicts: dict[tuple[str, str], list[str]] = defaultdict(list)
    hosts = claim_hosts(ordered, settings, conflicts)
    wanting = find_wanting(ordered, models)
    shares = {members[0].key: shares for _, members in wanting.values() if (shares := build_shares(members))}
    named = claim_models(wanting, conflicts)
    served = {each.key: name for each in ordered if (name := model_name(each, models)) is not None}
    return Claims(hosts, named, shares, dict(conflicts), served)


def claim_hosts(
    ordered: list[Instance], settings: Settings, conflicts: dict[tuple[str, str], list[str]]
) -> dict[tuple[str, str], list[str]]:
    """Host names of each instance."""
    own = {settings.gateway.host_of(instance.id): instance.key for instance in ordered}
    taken: dict[str, tuple[str, str] | None] = {**own, **dict.fromkeys(settings.gateway.shared_hosts)}
    hosts = {owner: [host] for host, owner in own.items()}
    for instance in ordered:
        host = instance.spec.ingress.host if instance.spec.ingress else None
        if host is None:
            continue
        owner = taken.setdefault(host.lower(), instance.key)
        if owner != instance.key:
            whose = called(owner, instance.namespace) if owner else "the gateway itself"
            conflicts[instance.key].append(f'spec.ingress.host "{host}" belongs to {whose}: choose another one.')
        elif host.lower() not in hosts[instance.key]:
            hosts[instance.key].append(host.lower())
    return hosts


def find_wanting(
    ordered: Iterable[Instance], models: Mapping[str, ModelSpec]
) -> dict[tuple[str, str], tuple[str, list[Instance]]]:
    """By namespace and name in lower case: the model name as its owner writes it, and who wants it, the owner first.
    Where some have a weight, the oldest of these is the owner.
    """
    wanting: dict[tuple[str, str], tuple[str, list[Instance]]] = {}
    for instance in ordered:
        name = model_name(instance, models)
        if name is not None:
            wanting.setdefault((instance.namespace, name.lower()), (name, []))[1].append(instance)
    for _, members in wanting.values():
        members.sort(key=lambda member: not weighs(member))
    return wanting


def weighs(instance: Instance) -> bool:
    """Whether it takes a part of the requests for its model name."""
    return bool(instance.spec.weight) and not instance.spec.stopped


def claim_models(
    wanting: Mapping[tuple[str, str], tuple[str, list[Instance]]], conflicts: dict[tuple[str, str], list[str]]
) -> dict[tuple[str, str], list[str]]:
    """The model name of each instance to which one leads; those who share it are told by its owner's share."""
    for name, (owner, *others) in wanting.values():
        shared = weighs(owner)
        for other in others:
            if not (shared and weighs(other)):
                why = "others share it by spec.weight" if shared else "the oldest that runs has the name"
                conflicts[other.key].append(
                    f'On the shared host the model name "{name}" leads to InferenceInstance "{owner.name}": {why}.'
                    " This instance answers at its own address."
                )
    return {owner.key: [name] for name, (owner, *_) in wanting.values()}


def build_shares(members: Iterable[Instance]) -> list[tuple[str, int]]:
    """Ids and weights of those that share a model name; nothing where only one has it."""
    shares = [(member.id, member.spec.weight or 0) for member in members if weighs(member)]
    return shares if len(shares) > 1 else []


def model_name(instance: Instance, models: Mapping[str, ModelSpec]) -> str | None:
    """The model name that requests to the instance carry. An image of the user's own is called as the instance is; None
    where the Model does not exist.
    """
    if instance.spec.model is None:
        return instance.name
    model = models.get(instance.spec.model)
    return None if model is None else served_name(instance.spec.model, model)

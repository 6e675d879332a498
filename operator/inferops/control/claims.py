"""Who has which name, kept by the change: a name is given anew, among those who want it, only when one of them begins
or ceases to want it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeVar

from inferops.gateway.claims import claim_names, model_name
from inferops.gateway.instances import Instance
from inferops.settings import Settings
from inferops.specs.catalog import ModelSpec

Name = tuple[str, str]
GivenT = TypeVar("GivenT")
Wanted = tuple[str, ...]
"""A host, or a namespace and a model name, in lower case."""


class Wants(NamedTuple):
    """What an instance asks for, and what decides whether it gets it."""

    order: tuple[object, ...]
    own: str
    """The host that nobody else can have."""
    host: str | None
    """The one of spec.ingress."""
    model: str | None

    def names(self, namespace: str) -> Iterator[Wanted]:
        """Everything that others may want too."""
        yield (self.own,)
        if self.host:
            yield (self.host,)
        if self.model:
            yield namespace, self.model.lower()


class LiveClaims:
    """What `claim_names` gives for all that was taken."""

    def __init__(self, settings: Settings) -> None:
        self.hosts: dict[Name, list[str]] = {}
        self.models: dict[Name, list[str]] = {}
        self.shares: dict[Name, list[tuple[str, int]]] = {}
        self.served: dict[Name, str] = {}
        self._settings = settings
        self._instances: dict[Name, Instance] = {}
        self._wants: dict[Name, Wants] = {}
        self._wanting: defaultdict[Wanted, set[Name]] = defaultdict(set)

    def take(self, changed: Mapping[Name, Instance | None], models: Mapping[str, ModelSpec]) -> set[Name]:
        """The instances that have other names now."""
        wants = {key: self._read(instance, models) if instance else None for key, instance in changed.items()}
        replaced = {key: asked for key, asked in wants.items() if asked != self._wants.get(key)}
        touched = {wanted for key in replaced for wanted in self._names(key)}
        for key, asked in replaced.items():
            self._replace(key, asked)
        touched |= {wanted for key in replaced for wanted in self._names(key)}
        for key, instance in changed.items():
            self._instances.pop(key, None)
            if instance:
                self._instances[key] = instance
        concerned = {key for wanted in touched for key in self._wanting.get(wanted, ())} | replaced.keys()
        before = {key: self._said(key) for key in concerned}
        for key in replaced:
            for given in (self.hosts, self.models, self.shares):
                given.pop(key, None)
            self._serve(key)
        for wanted in touched:
            self._give(wanted, models)
        return {key for key, said in before.items() if self._said(key) != said}

    def _read(self, instance: Instance, models: Mapping[str, ModelSpec]) -> Wants:
        host = instance.spec.ingress.host if instance.spec.ingress else None
        own = self._settings.gateway.host_of(instance.id)
        return Wants(
            (instance.seniority, instance.spec.weight),
            own,
            host.lower() if host else None,
            model_name(instance, models),
        )

    def _names(self, key: Name) -> list[Wanted]:
        return list(self._wants[key].names(key[0])) if key in self._wants else []

    def _replace(self, key: Name, asked: Wants | None) -> None:
        for wanted in self._names(key):
            self._wanting[wanted].discard(key)
            if not self._wanting[wanted]:
                del self._wanting[wanted]
        self._wants.pop(key, None)
        if asked:
            self._wants[key] = asked
        for wanted in self._names(key):
            self._wanting[wanted].add(key)

    def _said(self, key: Name) -> tuple[object, ...]:
        return self.hosts.get(key), self.models.get(key), self.shares.get(key), self.served.get(key)

    def _serve(self, key: Name) -> None:
        """Its model name, whoever owns it."""
        self.served.pop(key, None)
        if key in self._wants and (name := self._wants[key].model) is not None:
            self.served[key] = name

    def _give(self, wanted: Wanted, models: Mapping[str, ModelSpec]) -> None:
        """A model name is decided among those who want it, the hosts of an instance where it may lose one."""
        keys = self._wanting.get(wanted, ())
        claims = claim_names([self._instances[key] for key in keys], models, self._settings)
        for key in keys:
            wants = self._wants[key]
            if wanted == (wants.host or wants.own,):
                self.hosts[key] = claims.hosts[key]
            elif len(wanted) > 1:
                move(key, claims.models, self.models)
                move(key, claims.shares, self.shares)


def move(key: Name, given: Mapping[Name, list[GivenT]], to: dict[Name, list[GivenT]]) -> None:
    """What was given, or nothing any more."""
    to.pop(key, None)
    if key in given:
        to[key] = given[key]

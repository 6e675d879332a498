"""Judges a write before it happens, from the stores alone: an admission webhook that asks the API server would wait for
the very server that waits for it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from inferops.cluster.cluster import Cluster
from inferops.cluster.store import Name, name_of
from inferops.errors import SpecError
from inferops.names import Manifest
from inferops.plan.admission import (
    Ruling,
    find_instance_problems,
    find_spec_problems,
    find_taken_id,
    judge,
    warn_of_break,
    warn_of_deletion,
)
from inferops.plan.references import references
from inferops.plan.resolve import not_found
from inferops.plan.types import InstanceInputs
from inferops.reconcile.dependents import REFERRERS
from inferops.reconcile.gather import gather_instance, known_names
from inferops.reconcile.secrets import secret_not_found
from inferops.settings import Settings
from inferops.specs.apikey import ApiKeySpec
from inferops.specs.base import Spec
from inferops.specs.catalog import HardwareSpec, ModelSpec, RegionSpec
from inferops.specs.registry import RegistrySpec

SECRET_FIELDS = ("passwordSecretRef", "dockerConfigSecretRef", "secretRef")
MOST_CHECKED = 20
"""Instances that a change of the catalog is tried on: more would take longer than a webhook may."""


@dataclass(frozen=True)
class Question:
    """A write that somebody wants to do: `old` is absent for a creation, `new` for a deletion."""

    kind: str
    new: Manifest | None
    old: Manifest | None


def review(cluster: Cluster, settings: Settings, question: Question) -> Ruling:
    """What is said of the write. A write that leaves the spec as it is passes, whatever the spec says."""
    new, old = question.new, question.old
    if new is None:
        return Ruling(warnings=tuple(review_deletion(cluster, question.kind, old or {})))
    if old is not None and old.get("spec") == new.get("spec"):
        return Ruling()
    ruling = judge(find_problems(cluster, settings, question.kind, new), settings.admission.unknown_names)
    if ruling.denials or old is None:
        return ruling
    return ruling._replace(warnings=(*ruling.warnings, *review_change(cluster, settings, new)))


def review_deletion(cluster: Cluster, kind: str, old: Manifest) -> list[str]:
    """Who still names what goes."""
    referrers = {each: cluster.stores[each].names_referring(kind, *name_of(old)) for each in REFERRERS.get(kind, ())}
    return warn_of_deletion(kind, old["metadata"]["name"], {each: names for each, names in referrers.items() if names})


def review_change(cluster: Cluster, settings: Settings, new: Manifest) -> list[str]:
    """Which of the instances that name it a change would make wrong."""
    broken: list[tuple[Manifest, SpecError]] = []
    for namespace, name in islice(list_instances(cluster, new["kind"], *name_of(new)), MOST_CHECKED):
        if (obj := cluster.stores["InferenceInstance"].get(namespace, name)) is None:
            continue
        before = gather_instance(cluster, obj)
        after = replace(before, named={**before.named, (new["kind"], new["metadata"]["name"]): new})
        known = {str(problem) for problem in find_instance_problems(before, settings)}
        found = [each for each in find_instance_problems(after, settings) if str(each) not in known]
        broken.extend((obj, problem) for problem in found[:1])
    return warn_of_break(broken)


def list_instances(cluster: Cluster, kind: str, namespace: str, name: str) -> Iterator[Name]:
    """Instances that name it, by themselves or by their Model."""
    yield from cluster.stores["InferenceInstance"].names_referring(kind, namespace, name)
    if kind == "Hardware":
        for _, model in cluster.stores["Model"].names_referring(kind, namespace, name):
            yield from cluster.stores["InferenceInstance"].names_referring("Model", "", model)


def find_problems(cluster: Cluster, settings: Settings, kind: str, obj: Manifest) -> list[SpecError]:
    """Everything that a condition would tell of; where the object itself is wrong, only that."""
    if kind == "InferenceInstance":
        return find_instance_problems(gather_instance(cluster, obj), settings)
    model, find_more = FINDERS[kind]
    return find_spec_problems(model, obj) or find_more(cluster, obj)


def find_missing_hardware(cluster: Cluster, obj: Manifest) -> list[SpecError]:
    """The default hardware of a Model that is not there."""
    inputs = InstanceInputs(obj, {}, {"Hardware": known_names(cluster, "Hardware", "")})
    missing = [name for kind, _, name in references(obj) if cluster.stores[kind].get("", name) is None]
    return [not_found(inputs, "Hardware", name, "spec.defaultHardware") for name in missing]


def find_missing_secrets(cluster: Cluster, obj: Manifest) -> list[SpecError]:
    """Secrets that it names and that are not there."""
    spec = obj["spec"]
    fields = {(spec[field] or {}).get("name"): f"spec.{field}" for field in SECRET_FIELDS if field in spec}
    named = [(namespace, name) for kind, namespace, name in references(obj) if kind == "Secret"]
    return [
        secret_not_found(namespace, name, fields.get(name, "spec"))
        for namespace, name in named
        if cluster.stores["Secret"].get(namespace, name) is None
    ]


FINDERS: dict[str, tuple[type[Spec], Callable[[Cluster, Manifest], list[SpecError]]]] = {
    "Registry": (RegistrySpec, find_missing_secrets),
    "ApiKey": (ApiKeySpec, find_missing_secrets),
    "Model": (ModelSpec, find_missing_hardware),
    "Hardware": (HardwareSpec, lambda *_: []),
    "Region": (RegionSpec, lambda cluster, obj: find_taken_id(obj, cluster.stores["Region"].values())),
}
"""By kind: how its spec is parsed, and what is wrong with one that parses."""

"""What the admission webhook says: the sentences of the conditions, before anything is written. PURE.

The rules are the reconcilers' own. What can never become right is denied. What may become right once something else
exists is let in with a warning, because directories, Helm and GitOps write things in any order.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import Literal, NamedTuple

from inferops.errors import SpecError
from inferops.names import Manifest
from inferops.plan.instance import plan_instance
from inferops.plan.resolve import missing_keys
from inferops.plan.types import InstanceInputs
from inferops.settings import Settings
from inferops.specs.base import Spec, read_spec

NEVER_RIGHT = frozenset(
    {
        *("InvalidSpec", "PodTemplateConflict", "PodTemplateInvalid", "NodeSelectorConflict"),
        *("TooFewGpus", "CacheImmutable", "RegionIdTaken"),
    }
)
"""Reasons of what its own author has to change."""
UNKNOWN_NAME = "NotFound"
"""Reasons of names that nothing has end so."""
SHOWN = 5
"""Names in one sentence, and sentences of one kind."""


class Ruling(NamedTuple):
    """What is said of a write: with a denial it does not happen."""

    denials: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def judge(problems: Iterable[SpecError], unknown_names: Literal["Warn", "Deny"]) -> Ruling:
    """Which problems forbid the write and which are only told."""
    denials: list[str] = []
    warnings: list[str] = []
    for problem in problems:
        unknown = problem.reason.endswith(UNKNOWN_NAME) and unknown_names == "Deny"
        (denials if unknown or problem.reason in NEVER_RIGHT else warnings).append(str(problem))
    return Ruling(tuple(denials), tuple(warnings))


def find_instance_problems(inputs: InstanceInputs, settings: Settings) -> list[SpecError]:
    """Everything that condition Accepted would say, and the keys that are missing."""
    return [*collect(lambda: plan_instance(inputs, settings)), *missing_keys(inputs)]


def find_spec_problems(model: type[Spec], obj: Manifest) -> list[SpecError]:
    """What a schema cannot say of one object by itself."""
    return collect(lambda: read_spec(model, obj))


def collect(check: Callable[[], object]) -> list[SpecError]:
    """What a check finds."""
    try:
        check()
    except SpecError as error:
        return list(error.problems)
    return []


def find_taken_id(region: Manifest, others: Iterable[Manifest]) -> list[SpecError]:
    """The REST API names regions by their number, so no two may share one."""
    number, name = (region.get("spec") or {}).get("id"), region["metadata"]["name"]
    taken = (other["metadata"]["name"] for other in others if other["spec"].get("id") == number)
    return [
        SpecError(f'spec.id: {number} is the id of Region "{other}" already; take another', reason="RegionIdTaken")
        for other in taken
        if other != name
    ]


def warn_of_deletion(kind: str, name: str, referrers: Mapping[str, Collection[tuple[str, str]]]) -> list[str]:
    """That what is deleted is still named, and by whom: namespaces and names by kind."""
    if not referrers:
        return []
    shown = [f"{each} {join_name(*full)}" for each, names in referrers.items() for full in islice(names, SHOWN)]
    rest = sum(map(len, referrers.values())) - len(shown)
    named = ", ".join(shown) + (f" and {rest} more" if rest else "")
    return [f'{kind} "{name}" is still named by {named}: what runs keeps running, and can no longer change']


def warn_of_break(broken: Sequence[tuple[Manifest, SpecError]]) -> list[str]:
    """That a change of the catalog makes instances wrong which are right."""
    names = ((join_name(obj["metadata"]["namespace"], obj["metadata"]["name"]), problem) for obj, problem in broken)
    return [
        f"InferenceInstance {name} would no longer be accepted: {problem}" for name, problem in islice(names, SHOWN)
    ]


def join_name(namespace: str, name: str) -> str:
    """As people write it; cluster-wide kinds have no namespace."""
    return f"{namespace}/{name}" if namespace else name

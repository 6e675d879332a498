"""What a plan cannot give a user who asks for it, though it stands in nobody's way: said with condition Accepted."""

from collections.abc import Iterator
from typing import NamedTuple

from inferops.plan.types import Plan, Resolved


class Note(NamedTuple):
    """A reason and a sentence."""

    reason: str
    message: str


def find_notes(plan: Plan) -> list[Note]:
    """All that holds for a plan."""
    return [*note_ingress(plan.resolved), *note_claim(plan.resolved)]


def note_ingress(resolved: Resolved) -> Iterator[Note]:
    """Fields of spec.ingress that only an Ingress has."""
    settings, own = resolved.settings.ingress, resolved.spec.ingress
    if own is None or settings.makes("Ingress"):
        return
    given = {"className": own.class_name, "tls": own.tls, "annotations": not settings.enabled and own.annotations}
    if not (paths := [f"spec.ingress.{name}" for name, value in given.items() if value]):
        return
    why = "makes HTTPRoutes, whose class and certificates are the Gateway's" if settings.enabled else "makes no Ingress"
    does = "do" if len(paths) > 1 else "does"
    yield Note("SomeFieldsInactive", f"{' and '.join(paths)} {does} nothing here: this installation {why}.")


def note_claim(resolved: Resolved) -> Iterator[Note]:
    """A cache that one node may mount, and replicas on several."""
    claim, cache = resolved.claim, resolved.spec.cache
    modes = ((claim or {}).get("spec") or {}).get("accessModes") or []
    if claim is None or cache is None or cache.size is None or resolved.max_replicas < 2 or "ReadWriteMany" in modes:
        return
    text = (
        f'PersistentVolumeClaim "{claim["metadata"]["name"]}" was made for one node ({", ".join(modes)}), and a claim'
    )
    mend = "replicas on other nodes will not start. Delete it for one that all can mount, or set scale.max to 1."
    yield Note("CacheOnOneNode", f"{text} keeps that: {mend}")

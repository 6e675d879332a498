"""What an instance names: whether it is there, and what it says of itself."""

from collections.abc import Iterator

from inferops.errors import SpecError, nearest
from inferops.names import Manifest
from inferops.plan.conditions import find_condition
from inferops.plan.explain.examined import Examined
from inferops.plan.references import defaults, references
from inferops.plan.report import Line, Mark, failure, note, ok, unseen
from inferops.plan.types import Plan

SELF_JUDGED = {"Registry": "Verified", "ApiKey": "Ready"}
"""Kinds that say in a condition whether they work."""


def explain_names(examined: Examined) -> list[Line]:
    """Catalog, Registry and ApiKeys, then what the pods need."""
    named = examined.inputs.named
    wanted = references(examined.obj)
    wanted += [each for kind, _, name in wanted if (found := named.get((kind, name))) for each in defaults(found)]
    lines = [explain_name(examined, kind, name) for kind, _, name in dict.fromkeys(wanted)]
    return [*soften_keys(lines), *explain_needs(examined)]


def explain_name(examined: Examined, kind: str, name: str) -> Line:
    """One object."""
    subject = f"{kind} {name}"
    found = examined.inputs.named.get((kind, name))
    if found is None:
        if kind in examined.refusals:
            return unseen(subject, examined.refusals[kind])
        known = examined.inputs.known.get(kind, [])
        hint = nearest(name, known) if known else ""
        return failure(subject, "is not there", f'Create {kind} "{name}", or name another.{hint}')
    if kind not in SELF_JUDGED:
        return ok(subject, "is there")
    condition = find_condition(found, SELF_JUDGED[kind])
    if condition is None:
        return note(subject, "is there; the operator has not looked at it yet")
    marks = {"True": Mark.OK, "False": Mark.FAILURE}
    text = f"{condition['reason']}: {condition['message']}"
    return Line(marks.get(condition["status"], Mark.NOTE), subject, text, condition["message"])


def soften_keys(lines: list[Line]) -> list[Line]:
    """A key that opens nothing keeps nobody else out."""
    keys = [line for line in lines if line.subject.startswith("ApiKey ")]
    if not any(line.mark is Mark.OK for line in keys):
        return lines
    bad = [line for line in keys if line.mark is Mark.FAILURE]
    return [line._replace(mark=Mark.WARNING) if line in bad else line for line in lines]


def explain_needs(examined: Examined) -> list[Line]:
    """Secrets, ConfigMaps and claims, without which no container starts."""
    lines = []
    for kind, name, key in dict.fromkeys(plan_needs(examined.outcome)):
        subject = f"{kind} {name}"
        found = examined.needed.get((kind, name))
        if (kind, name) not in examined.needed:
            lines.append(unseen(subject, examined.refusals.get(kind, "it was not read")))
        elif found is None:
            lines.append(failure(subject, "is not there, and pods wait for it", f'Create {kind} "{name}".'))
        elif key and key not in keys_of(found):
            hint = nearest(key, keys_of(found))
            lines.append(failure(subject, f'has no key "{key}".{hint}', f'Add key "{key}" to {kind} "{name}".'))
        else:
            lines.append(ok(subject, f'is there, with key "{key}"' if key else "is there"))
    return lines


def keys_of(found: Manifest) -> list[str]:
    """Names of a Secret's or ConfigMap's keys."""
    return [*(found.get("data") or {}), *(found.get("binaryData") or {})]


def plan_needs(outcome: Plan | SpecError) -> Iterator[tuple[str, str, str]]:
    """Kind, name and key (empty: any) of what the planned pods cannot start without."""
    objects = outcome.objects if isinstance(outcome, Plan) else []
    made = {(obj["kind"], obj["metadata"]["name"]) for obj in objects}
    for deployment in (obj for obj in objects if obj["kind"] == "Deployment"):
        for need in pod_needs(deployment["spec"]["template"]["spec"]):
            if need[:2] not in made:
                yield need


def pod_needs(pod: Manifest) -> Iterator[tuple[str, str, str]]:
    """The same of one pod's spec."""
    for secret in pod.get("imagePullSecrets") or []:
        yield "Secret", secret["name"], ""
    for volume in pod.get("volumes") or []:
        if claim := volume.get("persistentVolumeClaim"):
            yield "PersistentVolumeClaim", claim["claimName"], ""
    for container in [*(pod.get("initContainers") or []), *(pod.get("containers") or [])]:
        for variable in container.get("env") or []:
            source = variable.get("valueFrom") or {}
            for field, kind in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
                reference = source.get(field)
                if reference and not reference.get("optional"):
                    yield kind, reference["name"], reference["key"]

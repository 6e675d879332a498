"""All sections of an explanation, whether the instance is ready, and what to do next."""

from inferops.names import Manifest
from inferops.plan.conditions import Verdict, find_condition
from inferops.plan.explain.examined import Examined
from inferops.plan.explain.names import explain_names
from inferops.plan.explain.objects import explain_objects
from inferops.plan.explain.pods import explain_pods
from inferops.plan.explain.process import explain_operator
from inferops.plan.explain.requests import explain_requests
from inferops.plan.explain.scaling import explain_scaling
from inferops.plan.report import Line, Mark, Section, failures, note, unseen
from inferops.plan.verdicts import first_cramp

CALM = {"Settled", "ScaledToZero", "RollingOut", "Waiting"}
"""Reasons with which a condition that is not True stands in nobody's way."""


def explain_instance(examined: Examined) -> list[Section]:
    """From what users write to who answers: the order in which one thing makes the next."""
    return [
        Section("Conditions", explain_conditions(examined)),
        Section("Names in the spec", explain_names(examined)),
        Section("Operator", explain_operator(examined)),
        Section("Objects", explain_objects(examined)),
        Section("Pods", explain_pods(examined)),
        Section("Scaling", explain_scaling(examined)),
        Section("Requests", explain_requests(examined)),
    ]


def explain_conditions(examined: Examined) -> list[Line]:
    """The five conditions, judged now, and where the written ones say something else."""
    lines, told = [], dict[str, str]()
    for verdict in examined.verdicts:
        like = told.setdefault(verdict.message, verdict.type)
        line = condition_line(verdict, find_condition(examined.obj, verdict.type))
        if like != verdict.type:
            line = line._replace(text=line.text.replace(verdict.message, f"as {like} says"), action="")
        lines.append(line)
    if blind := examined.blind:
        why = f"{examined.refusals[blind[0]]}. What stands above was written by the operator."
        lines.append(unseen(" and ".join(blind), why))
    return lines or [note("none", "The operator has not looked at it yet.")]


def condition_line(verdict: Verdict, written: Manifest | None) -> Line:
    """One condition."""
    text = f"{verdict.status} {verdict.reason}: {verdict.message}"
    if written and (written["status"], written["reason"]) != (verdict.status, verdict.reason):
        text += f" (The status still says {written['status']} {written['reason']}.)"
    mark = mark_of(verdict)
    return Line(mark, verdict.type, text, verdict.message if mark is Mark.FAILURE else "")


def mark_of(verdict: Verdict) -> Mark:
    """Progressing is True on the way, and False at the goal as well as in a dead end."""
    if verdict.status == "Unknown" or (verdict.type == "Progressing" and verdict.status == "True"):
        return Mark.NOTE
    if verdict.status == "True":
        return Mark.OK
    if verdict.reason in CALM:
        return Mark.OK if verdict.reason == "Settled" else Mark.NOTE
    return Mark.WARNING if verdict.type == "Scalable" else Mark.FAILURE


def next_step(examined: Examined, sections: list[Section]) -> str:
    """One sentence: the first thing in the chain that is wrong, and its mend."""
    links = [*sections[1:], sections[0]]  # the conditions are consequences
    if wrong := failures(links):
        first = next((line for line in wrong if line.action), wrong[0])
        return first.action or f"{first.subject}: {first.text}"
    address = (examined.obj.get("status") or {}).get("address", "its address")
    if cramp := first_cramp(examined.views):
        return cramp
    if not any(view.desired for view in examined.views):
        return f"Nothing: it sleeps, and the next request to {address} wakes it."
    return f"Nothing: it answers at {address}."

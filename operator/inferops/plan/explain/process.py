"""Whether an operator works at all, and has seen the newest spec."""

from datetime import datetime

from inferops.names import Manifest
from inferops.plan.explain.examined import Examined
from inferops.plan.report import Line, Mark, note, ok, unseen

START = "Start the operator; `inferops doctor` says what keeps it from running."
SLACK_SECONDS = 5
"""Clocks of two machines differ."""


def explain_operator(examined: Examined) -> list[Line]:
    """Its Lease, and how far it is with this instance. Without an operator what runs goes on."""
    pending = examined.is_behind or any(child.state in {"missing", "drifted"} for child in examined.children)
    return [operator_line(examined, pending=pending), generation_line(examined)]


def operator_line(examined: Examined, *, pending: bool) -> Line:
    """Whether somebody acts; a failure only where something waits to be done."""
    if refusal := examined.refusals.get("Lease"):
        return unseen("Lease", refusal)
    problem = lease_problem(examined.lease, examined.now)
    if not problem:
        holder = ((examined.lease or {}).get("spec") or {}).get("holderIdentity")
        return ok("Lease", f"{holder} acts")
    return Line(Mark.FAILURE if pending else Mark.WARNING, "Lease", f"{problem}: nothing changes meanwhile", START)


def lease_problem(lease: Manifest | None, now: datetime, process: str = "operator") -> str:
    """Why no replica of a process acts; empty where one does."""
    spec = (lease or {}).get("spec") or {}
    if not spec:
        return f"no {process} ever ran here"
    renewed = spec.get("renewTime")
    if not spec.get("holderIdentity") or not renewed:
        return f"the {process} has ended and let go of its Lease"
    age = (now - datetime.fromisoformat(renewed)).total_seconds()
    if age > spec.get("leaseDurationSeconds", 15) + SLACK_SECONDS:
        return f"the {process} is down: {spec['holderIdentity']} has not renewed its Lease for {age:.0f} s"
    return ""


def generation_line(examined: Examined) -> Line:
    """Whether the status speaks of the newest spec."""
    newest = examined.obj["metadata"].get("generation", 0)
    seen = (examined.obj.get("status") or {}).get("observedGeneration", 0)
    if examined.is_behind:
        return note("spec", f"generation {newest} has not been looked at; the status speaks of {seen or 'none'}")
    return ok("spec", f"generation {newest} has been looked at")

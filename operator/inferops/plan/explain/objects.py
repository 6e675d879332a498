"""The objects that the instance owns: there, as planned, somebody else's?"""

from inferops.errors import SpecError
from inferops.plan.explain.examined import Child, Examined
from inferops.plan.report import Line, failure, note, ok, unseen, warning

LEFT_ALONE = "Nothing is planned until condition Accepted is True; what runs is left as it is."


def explain_objects(examined: Examined) -> list[Line]:
    """What is as planned in one line, and one line for each that is not."""
    if examined.blind:
        return [note("plan", f"cannot be made here without {' and '.join(examined.blind)}")]
    if isinstance(examined.outcome, SpecError):
        return [note("plan", LEFT_ALONE)]
    good = [child for child in examined.children if child.state == "planned"]
    lines = [explain_child(child, examined.observed.rejected) for child in examined.children if child not in good]
    if "settings" in examined.refusals:
        lines.append(unseen("settings", examined.refusals["settings"]))
    if good:
        lines.insert(0, ok(f"{len(good)} objects", f"as planned: {', '.join(child.kind for child in good)}"))
    return lines


def explain_child(child: Child, rejected: str | None) -> Line:
    """One that is not as planned."""
    subject = f"{child.kind} {child.name}"
    if child.state == "drifted":
        return warning(subject, child.detail, "The operator sets its own fields again within seconds.")
    if child.state == "ending":
        return warning(subject, "is being deleted; it is made anew when it is gone")
    if child.state == "unseen":
        return unseen(subject, child.detail)
    if child.state == "foreign":
        return failure(subject, child.detail, child.detail)
    if rejected:
        return failure(subject, f"is not there: {rejected}", f"Mend what the API server refuses: {rejected}")
    mend = "A running operator makes what is missing; `inferops doctor` says whether one runs."
    return failure(subject, "is not there", mend)

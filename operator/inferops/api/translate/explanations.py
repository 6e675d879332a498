"""What `inferops explain` says -> findings."""

from collections.abc import Iterator
from typing import Literal

from inferops.plan.explain.chain import explain_instance, next_step
from inferops.plan.explain.examined import Examined
from inferops.plan.report import Line, Mark, Section, failures
from inferops.rest.explanations import Explanation, Finding

Severity = Literal["failure", "warning", "note"]
SEVERITIES: dict[Mark, Severity] = {Mark.FAILURE: "failure", Mark.WARNING: "warning", Mark.NOTE: "note"}
"""What is as it should be, and what cannot be seen from here, is no finding."""
ORDER: tuple[Severity, ...] = ("failure", "warning", "note")


def build_explanation(examined: Examined) -> Explanation:
    """The worst first, then in the order in which one thing makes the next."""
    sections = explain_instance(examined)
    findings = sorted(find(sections), key=lambda finding: ORDER.index(finding.severity))
    return Explanation(summary=next_step(examined, sections), ready=not failures(sections), findings=findings)


def find(sections: list[Section]) -> Iterator[Finding]:
    """What is worth telling."""
    for section in sections:
        for line in section.lines:
            if severity := SEVERITIES.get(line.mark):
                yield Finding(severity=severity, what=line.subject, why=line.text, mend=mend_of(line))


def mend_of(line: Line) -> str | None:
    """What to do, where the sentence itself does not say it."""
    return line.action if line.action and line.action not in line.text else None

"""What `inferops explain` and `inferops doctor` say: sections of lines, each with a mark."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class Mark(StrEnum):
    """How it stands with the subject of a line."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"
    UNSEEN = "unseen"
    """It could not be looked at; the line says why."""
    NOTE = "note"


class Line(NamedTuple):
    """One thing that was looked at."""

    mark: Mark
    subject: str
    text: str
    action: str = ""
    """What to do about it; empty where nothing need be done or the text says it."""


class Section(NamedTuple):
    """Lines about one part."""

    title: str
    lines: list[Line]


def ok(subject: str, text: str) -> Line:
    """As it should be."""
    return Line(Mark.OK, subject, text)


def warning(subject: str, text: str, action: str = "") -> Line:
    """Works, and may surprise."""
    return Line(Mark.WARNING, subject, text, action)


def failure(subject: str, text: str, action: str = "") -> Line:
    """Does not work."""
    return Line(Mark.FAILURE, subject, text, action)


def unseen(subject: str, why: str) -> Line:
    """Nobody knows from here."""
    return Line(Mark.UNSEEN, subject, f"cannot be seen from here: {why}")


def note(subject: str, text: str) -> Line:
    """Neither good nor bad."""
    return Line(Mark.NOTE, subject, text)


def failures(sections: Iterable[Section]) -> list[Line]:
    """Every line that says that something does not work."""
    return [line for section in sections for line in section.lines if line.mark is Mark.FAILURE]

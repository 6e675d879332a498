"""What the small engine says that it produced, beside what the ledger has stored."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

AMOUNTS = ("prompt", "completion", "audio_ms")


@dataclass(frozen=True)
class Used:
    """By one request; None: not known, or nothing of that sort."""

    id: str
    prompt: int | None
    completion: int | None
    audio_ms: int | None
    ended: bool = True
    """False: broken off, by whomever."""
    unknown: bool = False


@dataclass
class Differences:
    """Between the two; an exact ledger has none."""

    requests: int = 0
    """That the engine produced something for."""
    lost: list[str] = field(default_factory=list)
    """Ids that the ledger lacks."""
    doubled: list[str] = field(default_factory=list)
    wrong: list[tuple[Used, Used]] = field(default_factory=list)
    """Engine's and ledger's, where they differ in requests that ended, or in what the client has heard."""
    unheard: int = 0
    """Tokens that the engine wrote while the gateway was killed, and no client has heard."""
    unknown: list[str] = field(default_factory=list)
    """Stored as such: answers in one piece that nobody has seen."""
    token_error: int = 0
    """Sum of all differences of `wrong`, without signs."""
    audio_error_ms: int = 0
    rolled_up: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Sums of the hours and of the records, where they differ."""

    def __str__(self) -> str:
        counts = {name: len(value) if isinstance(value, list) else value for name, value in vars(self).items()}
        return f"{counts}, the first: {[*self.lost[:3], *self.wrong[:3]]}"

    @property
    def exact(self) -> bool:
        """Whether nothing was lost, doubled, or counted wrongly."""
        return not (self.lost or self.doubled or self.wrong or self.rolled_up)


def read_produced(text: str) -> list[Used]:
    """Of the engine's `/produced`: JSON by lines. What was refused is left out."""
    told = [json.loads(line) for line in text.splitlines()]
    return [
        Used(
            *(each["id"], each["prompt"], each["completion"], read_seconds(each["seconds"])),
            ended=each["ended"],
        )
        for each in told
        if each["status"] == 200
    ]


def read_stored(rows: Iterable[Mapping[str, Any]]) -> list[Used]:
    """Rows of the ledger's table `records`."""
    return [
        Used(
            *(row["id"], row["prompt"], row["completion"], row["audio_ms"]),
            ended=not row["broken"],
            unknown=bool(row["unknown"]),
        )
        for row in rows
    ]


def read_seconds(seconds: float | str | None) -> int | None:
    """Milliseconds."""
    return None if seconds is None else round(Decimal(str(seconds)) * 1000)


def compare(produced: list[Used], stored: list[Used], heard: Mapping[str, tuple[int, int]]) -> Differences:
    """All that the engine produced, beside all that is stored. `heard`: tokens of prompt and completion that came to
    the client, by id.
    """
    differences = Differences(requests=len(produced))
    by_id: dict[str, Used] = {}
    for each in stored:
        if each.id in by_id:
            differences.doubled.append(each.id)
        by_id[each.id] = each
    for truth in produced:
        told = by_id.get(truth.id)
        if told is None:
            differences.lost.append(truth.id)
        elif told.unknown and not told.ended:
            differences.unknown.append(truth.id)
        elif not is_same(truth, told):
            note(differences, truth, told, heard.get(truth.id, (0, 0))[1])
    return differences


def is_same(truth: Used, told: Used) -> bool:
    """In all amounts; nothing of a sort may be 0 or None."""
    return all((getattr(truth, name) or 0) == (getattr(told, name) or 0) for name in AMOUNTS)


def note(differences: Differences, truth: Used, told: Used, heard: int) -> None:
    """Two that differ. `heard`: tokens that came to the client."""
    completion = told.completion or 0
    missing = (truth.completion or 0) - completion
    if not told.ended and missing > 0 and completion >= heard and truth.prompt == told.prompt:
        differences.unheard += missing
        return
    differences.wrong.append((truth, told))
    differences.token_error += abs(missing) + abs((truth.prompt or 0) - (told.prompt or 0))
    differences.audio_error_ms += abs((truth.audio_ms or 0) - (told.audio_ms or 0))


def compare_hours(stored: list[Used], hours: Iterable[Mapping[str, Any]]) -> dict[str, tuple[int, int]]:
    """Sums of the roll-ups and of the records they are made of, where those differ."""
    sums = {name: sum(getattr(each, name) or 0 for each in stored) for name in AMOUNTS} | {"requests": len(stored)}
    rolled = dict.fromkeys(sums, 0)
    for hour in hours:
        for name in sums:
            rolled[name] += hour[name] or 0
    return {name: (rolled[name], sums[name]) for name in sums if rolled[name] != sums[name]}

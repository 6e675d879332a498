"""The words of others, made fit for a status: one line, no secrets, and the same as long as they say the same."""

import re

LONGEST_DETAIL = 400
STEERING = re.compile(r"\x1b\[[0-9;?]*[@-~]")
"""Colours and moves of a terminal's cursor (ECMA-48, CSI)."""
TICKING = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\s*"), ""),  # ISO 8601 times
    (re.compile(r"\b\d\d-\d\d \d\d:\d\d:\d\d\s*"), ""),  # vLLM's times
    (re.compile(r"\((?:[\w.-]+ )?pid=\d+\)\s*"), ""),  # vLLM's processes
    (re.compile(r'"?(?<!sha256:)\b[0-9a-f]{32,}\b"?'), "..."),  # ids of containers
    (re.compile(r"\d+\.\d+\.\d+\.\d+:\d+->"), ""),  # the near end of a connection
)
"""What changes from one time to the next while nothing else does."""
SECRETS = (
    (re.compile(r"\b(?:hf_|sk-|gh[pousr]_|github_pat_|glpat-|nvapi-)[A-Za-z0-9_-]{8,}"), "***"),
    (re.compile(r"\binf-[A-Za-z0-9_-]{43}"), "***"),  # plan/apikey.build_key
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"), "***"),  # RFC 7519, such as of pods
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"), r"\1 ***"),
    (re.compile(r"(?i)((?:password|passwd|secret|token|api[_-]?key)\b[\"']?\s*[=:]\s*)[\"']?[^\s\"',;]+"), r"\1***"),
    (re.compile(r"(://)[^/\s:@]+:[^/\s@]+@"), r"\1***@"),
    (re.compile(r"([?&](?:X-Amz-[A-Za-z]+|sig|signature|token|key)=)[^&\s\"]+"), r"\1***"),
)
"""What a program may print and a status must not."""
TELLING = re.compile(r"(?:Error|Exception|ERROR|FATAL|panic)\b")
POINTERS = ("root cause above", "root cause and the")
"""Of lines that only point to others."""


def quoted(text: str) -> str:
    """Words of a program or of the cluster, to stand in a sentence: one line that steers no terminal, not too long,
    ends like a sentence.
    """
    flat = "".join(char for char in " ".join(STEERING.sub("", text).split()) if char.isprintable())
    for pattern, instead in (*TICKING, *SECRETS):
        flat = pattern.sub(instead, flat)
    flat = flat.strip()
    if len(flat) > LONGEST_DETAIL:
        return f"{flat[: LONGEST_DETAIL - 4]} ..."
    return flat if not flat or flat[-1] in ".!?" else f"{flat}."


def telling_line(log: str) -> str:
    """Of the last lines of a log the one that says what went wrong: the last error, else the last line."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line for line in lines if TELLING.search(line) and not any(pointer in line for pointer in POINTERS)]
    return (errors or lines or [""])[-1]


def listed(names: list[str], most: int = 4) -> str:
    """`a, b and 3 more`."""
    shown = names[:most]
    more = len(names) - len(shown)
    return f"{', '.join(shown)}{f' and {more} more' if more else ''}"

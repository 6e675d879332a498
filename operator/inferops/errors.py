"""What can go wrong, one class for each reaction.

    InferopsError
    ├── SpecError        the user's: the same input fails again; shown as a condition
    │   └── NameConflict an object of that name exists and is not ours
    ├── SettingsError    the administrator's: the process ends and says which field
    ├── ClusterError     the API server's or the network's: tried again with backoff
    │   ├── NotFound     the object is gone
    │   ├── Conflict     somebody else was faster
    │   └── Rejected     the API server, a quota or an admission policy said no; the message is its own
    ├── LedgerUnavailable the ledger's, its database's or the network's: asked again
    └── LedgerRefused    the asker's: the ledger understood, and said no; the same question fails again

Nothing here knows kopf, HTTP or gRPC: the edges translate.
"""

from difflib import get_close_matches


class InferopsError(Exception):
    """Anything that inferops itself raises."""


class SpecError(InferopsError):
    """The user's input is wrong. The text names the field, the value and the mend; `reason` is the condition's."""

    def __init__(self, message: str, *, reason: str = "InvalidSpec") -> None:
        super().__init__(message)
        self.reason = reason
        self.problems: tuple[SpecError, ...] = (self,)
        """What it is made of, where it tells of several."""


def join_problems(problems: list[SpecError]) -> SpecError:
    """One error that tells of all, each as a sentence; its reason is that of the first."""
    if len(problems) == 1:
        return problems[0]
    sentences = (text if (text := str(problem)).endswith((".", "?", "!")) else f"{text}." for problem in problems)
    joined = SpecError(" ".join(sentences), reason=problems[0].reason)
    joined.problems = tuple(problems)
    return joined


class NameConflict(SpecError):
    """An object that is not ours has the name that ours needs."""

    def __init__(self, message: str) -> None:
        super().__init__(message, reason="NameConflict")


class SettingsError(InferopsError):
    """The settings file or environment is wrong."""


class ClusterError(InferopsError):
    """The API server or the network failed; a later call may succeed. `status` is the HTTP status, 0 for none."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.causes: tuple[tuple[str, str], ...] = ()
        """Path of each field that the API server does not take, and why, where it says so."""


class NotFound(ClusterError):
    """404."""


class Conflict(ClusterError):
    """409."""


class Rejected(ClusterError):
    """403, 400 or 422 on a write: quota, admission policy or validation. Tried again slowly: the world may change."""


class LedgerUnavailable(InferopsError):
    """The ledger does not answer, or not as a ledger does; a later call may succeed. `reason` is one word for metrics:
    refused, timeout, reset, tls, status, nonsense.
    """

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class LedgerRefused(InferopsError):
    """The ledger's own 400, 404, 413 or 422, with its words."""


def nearest(name: str, known: list[str]) -> str:
    """` Did you mean "x"?` or the list of what there is, to end a sentence about an unknown name."""
    if close := get_close_matches(name, known, n=1, cutoff=0.5):
        return f' Did you mean "{close[0]}"?'
    if not known:
        return " There are none."
    shown, more = ", ".join(sorted(known)[:8]), len(known) - 8
    return f" There are: {shown}{f' and {more} more' if more > 0 else ''}."

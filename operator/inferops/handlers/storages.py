"""kopf remembers nothing on the objects: what it would store there, our level-triggered reconcilers do not need.

Without these, kopf computes a diff of every object at every event (a third of its CPU), and would write annotations.
They are right only while no handler is one of on.create, on.update, on.resume or on.delete.
"""

from typing import Any

import kopf


class NoProgress(kopf.ProgressStorage):
    """No handler has progress: each event is handled once."""

    def fetch(self, **_: Any) -> None:
        """Nothing was stored."""

    def store(self, **_: Any) -> None:
        """Nothing is stored."""

    def purge(self, **_: Any) -> None:
        """Nothing to purge."""

    def touch(self, **_: Any) -> None:
        """Nothing to touch."""

    def clear(self, *, essence: Any) -> Any:
        """Nothing to clear."""
        return essence


class NoDiffBase(kopf.DiffBaseStorage):
    """No handler wants to know what changed."""

    def build(self, **_: Any) -> Any:
        """The same for every object."""
        return {}

    def fetch(self, **_: Any) -> None:
        """Nothing was stored."""

    def store(self, **_: Any) -> None:
        """Nothing is stored."""

"""What one read of a person's command gave: objects, or why there are none."""

from typing import NamedTuple

from inferops.names import Manifest


class Seen(NamedTuple):
    """What a look gave."""

    objects: list[Manifest]
    refusal: str = ""
    """Why it could not be looked at, in the API server's words; empty where it could."""
    served: bool = True
    """False where the API server does not know the kind: its CRD is not installed."""

    @property
    def first(self) -> Manifest | None:
        """The only object, or None."""
        return self.objects[0] if self.objects else None

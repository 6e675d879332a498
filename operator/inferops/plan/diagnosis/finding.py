"""What a diagnosis says, and what it is made from beside the pod itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from inferops.names import Manifest


class Finding(NamedTuple):
    """What is wrong with a pod."""

    reason: str
    message: str
    stuck: bool
    """True: it will not mend itself soon; False: it is on its way."""


@dataclass(frozen=True)
class Evidence:
    """What pods do not tell themselves. All of it may be missing: the sentences then say less."""

    nodes: Sequence[Manifest] = ()
    events: Mapping[str, Sequence[Manifest]] = field(default_factory=dict)
    """`{reason, message, at}` of Events by the uid of the object that they speak of, the newest last."""
    used: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    """By name of a node: what its pods ask for, by resource."""
    claims: Mapping[str, Manifest] = field(default_factory=dict)
    """PersistentVolumeClaims that unscheduled pods name, by name."""
    young: frozenset[str] = frozenset()
    """Names of pods that have only begun what they are at: nothing is said of them yet."""
    overdue: frozenset[str] = frozenset()
    """Names of pods that run for long and have not answered yet."""
    asked_by: Mapping[str, str] = field(default_factory=dict)
    """By label of a node selector: who asks for it, such as `Hardware "h100"`."""

    def newest(self, obj: Manifest, *reasons: str) -> str:
        """Message of the newest event about `obj` with one of the reasons; empty without any."""
        return str(self.last(obj, *reasons).get("message", ""))

    def last(self, obj: Manifest, *reasons: str) -> Manifest:
        """The newest event about `obj` with one of the reasons; empty without any."""
        return next((event for event in reversed(self.about(obj)) if event.get("reason") in reasons), {})

    def about(self, obj: Manifest) -> Sequence[Manifest]:
        """Events about `obj`, the newest last."""
        return self.events.get(obj.get("metadata", {}).get("uid", ""), ())


NO_EVIDENCE = Evidence()

"""What may keep a change from being made: If-Match, and GitOps."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Query

from inferops.api.etags import build_etag, is_unchanged
from inferops.api.gitops import read_gitops_owner
from inferops.api.problems import Refusal
from inferops.api.translate.fields import Operation
from inferops.api.writer import Plan
from inferops.names import Manifest


@dataclass(frozen=True)
class Guard:
    """Of one request."""

    if_match: str | None
    force: bool

    def bind(self, plan: Plan) -> Plan:
        """The plan, if nothing is against it. What changes nothing needs nobody's leave."""

        def guarded(obj: Manifest) -> list[Operation]:
            self.check_unchanged(obj)
            if operations := plan(obj):
                self.check_owner(obj)
            return operations

        return guarded

    def check(self, obj: Manifest) -> None:
        """Refuse with 409 what is not to be deleted."""
        self.check_unchanged(obj)
        self.check_owner(obj)

    def check_unchanged(self, obj: Manifest) -> None:
        """Refuse with 409 where the caller has seen another state."""
        if self.if_match is not None and not is_unchanged(self.if_match, obj):
            detail = (
                f'"{obj["metadata"]["name"]}" has been changed since: it is {build_etag(obj)} now.'
                " Read it, and send If-Match with the ETag of that answer."
            )
            raise Refusal(409, detail, headers={"etag": build_etag(obj)})

    def check_owner(self, obj: Manifest) -> None:
        """Refuse with 409 where GitOps would undo it."""
        if not self.force and (owner := read_gitops_owner(obj)):
            detail = (
                f'"{obj["metadata"]["name"]}" is kept by {owner}, which would undo this: change it there,'
                " or send ?force=true."
            )
            raise Refusal(409, detail)


async def read_guard(
    if_match: Annotated[
        str | None, Header(description="ETag of the state that the change is made for; 409 where it is another now.")
    ] = None,
    force: Annotated[bool, Query(description="Change also what Argo CD or Flux keeps.")] = False,
) -> Guard:
    """What the request says of it."""
    return Guard(if_match, force)


Guarded = Annotated[Guard, Depends(read_guard)]

"""Why an instance answers or not: what `inferops explain` finds."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from inferops.api.answers import answer, problems
from inferops.api.auth import Authenticated
from inferops.api.services import Given
from inferops.api.translate.explanations import build_explanation
from inferops.api.writer import patience
from inferops.cluster.inspector import Inspector
from inferops.plan.seen import Seen
from inferops.reconcile.examine import examine_instance
from inferops.rest.explanations import Explanation

router = APIRouter(prefix="/instances", tags=["Instances"])
KIND = "InferenceInstance"
Name = Annotated[str, Path(alias="id", examples=["example-inference-instance"])]


class Discreet(Inspector):
    """Reads no Secret, whatever it may: the API has no business with what is in one."""

    async def see(self, kind: str, namespace: str, name: str) -> Seen:
        """As Inspector.see."""
        if kind == "Secret":
            return Seen([], refusal="Secrets are not read here")
        return await super().see(kind, namespace, name)


@router.get("/{id}/explanation", response_model=Explanation, responses=problems(404), summary="Why it answers or not")
async def read_explanation(caller: Authenticated, services: Given, name: Name) -> Response:
    """The whole chain from the spec to the answer, the worst link first, each with its mend."""
    obj = await services.writer.read(KIND, caller.namespace, name)
    async with patience(), services.explaining, Discreet(services.client.connection) as inspector:
        examined = await examine_instance(inspector, obj, services.settings)
    return answer(build_explanation(examined))

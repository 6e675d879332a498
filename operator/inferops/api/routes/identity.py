"""Who am I?"""

from fastapi import APIRouter, Response

from inferops.api.answers import answer, problems
from inferops.api.auth import Identified
from inferops.api.services import Given
from inferops.rest.identity import Identity

router = APIRouter(tags=["Identity"])


@router.get("/me", response_model=Identity, responses=problems(), summary="Who the key is")
async def read_identity(caller: Identified, services: Given) -> Response:
    """The namespace, name and scopes of the key that the request has, and the currency of all prices."""
    currency = services.settings.prices.currency
    return answer(
        Identity(namespace=caller.namespace, name=caller.key, scopes=list(caller.scopes), currency_code=currency)
    )

"""What an instance would cost."""

from fastapi import APIRouter, Response

from inferops.api.answers import answer, problems
from inferops.api.auth import Authenticated
from inferops.api.problems import wrong
from inferops.api.references import check_catalog
from inferops.api.services import Given
from inferops.api.translate.prices import price_request
from inferops.rest.pricing import Pricing, PricingRequest

router = APIRouter(tags=["Instances"])


@router.post(
    "/instances/pricing",
    status_code=201,
    response_model=Pricing,
    responses=problems(400, 413, 422),
    summary="Preview prices",
)
async def preview_price(_: Authenticated, services: Given, body: PricingRequest) -> Response:
    """Prices with scale.max replicas in every region."""
    catalog = services.world.catalog
    regions = [each.region_id for each in body.auto_scaling_configurations]
    if errors := check_catalog(catalog, hardware=body.hardware_id, regions=regions):
        raise wrong(errors)
    factors = [
        (catalog.regions[catalog.region_names[each.region_id]].price_factor, each.scale.max)
        for each in body.auto_scaling_configurations
    ]
    per_hour = catalog.hardwares[body.hardware_id].price_per_hour
    return answer(price_request(per_hour, factors, services.settings.prices.currency), 201)

"""Models, Hardwares and Regions as REST shows them."""

from decimal import Decimal

from inferops.names import Manifest
from inferops.rest.hardwares import Gpu, Hardware
from inferops.rest.models import Model, ModelPrices
from inferops.rest.regions import Capacity, Region
from inferops.specs.catalog import HardwareSpec, ModelSpec, RegionSpec, served_name
from inferops.specs.quantities import read_quantity

MEBI, GIBI = 1024**2, 1024**3


def show_model(name: str, spec: ModelSpec) -> Model:
    """A model."""
    return Model(
        id=name,
        name=spec.display_name or name,
        port=spec.port,
        default_hardware_id=spec.default_hardware,
        features=list(spec.features),
        served_name=served_name(name, spec),
        engine=spec.engine,
        prices=ModelPrices(**spec.prices.model_dump()) if spec.prices else None,
    )


def show_hardware(name: str, spec: HardwareSpec) -> Hardware:
    """A hardware."""
    gpu = spec.gpu
    memory = float(amount(gpu.memory) / GIBI) if gpu and gpu.memory else None
    return Hardware(
        id=name,
        name=spec.display_name or name,
        cpu=int(amount(spec.cpu) * 1000),
        ram=int(amount(spec.memory) / MEBI),
        gpu=Gpu(model=gpu.model, count=gpu.count, memory=memory) if gpu else None,
        hourly_price=Decimal(spec.price_per_hour),
    )


def show_region(obj: Manifest, spec: RegionSpec) -> Region:
    """A region, with what its status says of room."""
    capacities = (obj.get("status") or {}).get("capacities") or []
    return Region(
        id=spec.id,
        name=spec.display_name or obj["metadata"]["name"],
        country_code=spec.country_code,
        state="DELETING" if obj["metadata"].get("deletionTimestamp") else "ACTIVE",
        price_factor=Decimal(spec.price_factor),
        capacities=[
            Capacity(hardware_id=each["hardware"], capacity=each["capacity"], total=each.get("total"))
            for each in capacities
        ],
    )


def amount(quantity: str) -> Decimal:
    """A quantity that was checked before, as a number."""
    return read_quantity(quantity) or Decimal(0)

"""What administrators offer, and who asks: models, hardwares, regions, the key's own identity and what it may call."""

from inferops.client.call import Call, one, path_of, several
from inferops.client.operation import ClientT_co, Operation, Resource
from inferops.rest.endpoints import Endpoint
from inferops.rest.hardwares import Hardware
from inferops.rest.identity import Identity
from inferops.rest.models import Model
from inferops.rest.regions import Region


def get_identity() -> Call[Identity]:
    """Namespace, name and scopes of the key."""
    return Call("GET", "/me", one(Identity), repeatable=True)


def list_models() -> Call[list[Model]]:
    """All models of the catalog."""
    return Call("GET", "/models", several(Model), repeatable=True)


def get_model(id: str) -> Call[Model]:  # noqa: A002 - its name in the API
    """One model."""
    return Call("GET", path_of("models", id), one(Model), repeatable=True)


def list_hardwares() -> Call[list[Hardware]]:
    """All hardwares of the catalog."""
    return Call("GET", "/hardwares", several(Hardware), repeatable=True)


def get_hardware(id: str) -> Call[Hardware]:  # noqa: A002 - its name in the API
    """One hardware."""
    return Call("GET", path_of("hardwares", id), one(Hardware), repeatable=True)


def list_regions() -> Call[list[Region]]:
    """All regions, with what would still fit there."""
    return Call("GET", "/regions", several(Region), repeatable=True)


def get_region(id: int) -> Call[Region]:  # noqa: A002 - its name in the API
    """One region."""
    return Call("GET", path_of("regions", str(id)), one(Region), repeatable=True)


def list_endpoints() -> Call[list[Endpoint]]:
    """All that the key may call."""
    return Call("GET", "/endpoints", several(Endpoint), repeatable=True)


class Endpoints(Resource[ClientT_co]):
    """What the key may call; one of scope inference learns no more."""

    list = Operation(list_endpoints)


class Models(Resource[ClientT_co]):
    """Models of the catalog."""

    list = Operation(list_models)
    get = Operation(get_model)


class Hardwares(Resource[ClientT_co]):
    """Hardwares of the catalog."""

    list = Operation(list_hardwares)
    get = Operation(get_hardware)


class Regions(Resource[ClientT_co]):
    """Regions."""

    list = Operation(list_regions)
    get = Operation(get_region)

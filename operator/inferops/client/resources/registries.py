"""Registries: where images come from."""

from inferops.client.call import Call, encode, nothing, one, path_of, several
from inferops.client.operation import ClientT_co, Operation, Pages, Resource
from inferops.rest.registries import Registry, RegistryCreate, RegistryPatch


def list_registries() -> Call[list[Registry]]:
    """All of the namespace."""
    return Call("GET", "/registries", several(Registry), repeatable=True)


def get_registry(id: str) -> Call[Registry]:  # noqa: A002 - its name in the API
    """One, without its password."""
    return Call("GET", path_of("registries", id), one(Registry), repeatable=True)


def create_registry(body: RegistryCreate) -> Call[Registry]:
    """A new one."""
    return Call("POST", "/registries", one(Registry), body=encode(body), keyed=True)


def update_registry(id: str, body: RegistryPatch) -> Call[None]:  # noqa: A002 - its name in the API
    """Changes what `body` names."""
    return Call("PATCH", path_of("registries", id), nothing, body=encode(body))


def delete_registry(id: str) -> Call[None]:  # noqa: A002 - its name in the API
    """Removes it. Raises Conflict while instances use it."""
    return Call("DELETE", path_of("registries", id), nothing)


class Registries(Resource[ClientT_co]):
    """Registries of the namespace."""

    list = Operation(list_registries)
    iterate = Pages(list_registries)
    get = Operation(get_registry)
    create = Operation(create_registry)
    update = Operation(update_registry)
    delete = Operation(delete_registry)

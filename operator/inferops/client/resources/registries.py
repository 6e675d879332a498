"""Registries: where images come from."""

from inferops.client.call import Call, build_params, encode, nothing, one, path_of, several
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


def update_registry(id: str, body: RegistryPatch, *, force: bool = False) -> Call[None]:  # noqa: A002 - as in the API
    """Changes what `body` names. Raises Conflict where GitOps owns it and is not forced."""
    params = build_params(force=force or None)
    return Call("PATCH", path_of("registries", id), nothing, params=params, body=encode(body))


def delete_registry(id: str, *, force: bool = False) -> Call[None]:  # noqa: A002 - its name in the API
    """Removes it with its password. Images that instances already have stay usable."""
    return Call("DELETE", path_of("registries", id), nothing, params=build_params(force=force or None))


class Registries(Resource[ClientT_co]):
    """Registries of the namespace."""

    list = Operation(list_registries)
    iterate = Pages(list_registries)
    get = Operation(get_registry)
    create = Operation(create_registry)
    update = Operation(update_registry)
    delete = Operation(delete_registry)

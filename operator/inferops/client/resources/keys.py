"""API keys: `create` and `rotate` are the only calls whose answers hold a secret."""

from inferops.client.call import Call, build_params, encode, nothing, one, path_of, several
from inferops.client.operation import ClientT_co, Operation, Pages, Resource
from inferops.rest.keys import Key, KeyCreate, KeyPatch, KeyRotation, KeyWithSecret


def list_keys() -> Call[list[Key]]:
    """All of the namespace."""
    return Call("GET", "/api-keys", several(Key), repeatable=True)


def get_key(id: str) -> Call[Key]:  # noqa: A002 - its name in the API
    """One, without its secret."""
    return Call("GET", path_of("api-keys", id), one(Key), repeatable=True)


def create_key(body: KeyCreate) -> Call[KeyWithSecret]:
    """A new one. Its secret is None where an answer was lost and the request sent again: then rotate it."""
    return Call("POST", "/api-keys", one(KeyWithSecret), body=encode(body), keyed=True)


def update_key(id: str, body: KeyPatch, *, force: bool = False) -> Call[Key]:  # noqa: A002 - its name in the API
    """Changes what `body` names. Raises Conflict where GitOps owns it and is not forced."""
    return Call("PATCH", path_of("api-keys", id), one(Key), params=build_params(force=force or None), body=encode(body))


def delete_key(id: str, *, force: bool = False) -> Call[None]:  # noqa: A002 - its name in the API
    """Removes it. Raises Conflict while instances name it."""
    return Call("DELETE", path_of("api-keys", id), nothing, params=build_params(force=force or None))


def rotate_key(
    id: str,  # noqa: A002 - its name in the API
    body: KeyRotation | None = None,
    *,
    force: bool = False,
) -> Call[KeyWithSecret]:
    """A new secret in place of the old one, which goes on to open for `rotation_overlap` seconds. It is None where an
    answer was lost and the request sent again: then rotate once more.
    """
    path, params = path_of("api-keys", id, "rotate"), build_params(force=force or None)
    return Call("POST", path, one(KeyWithSecret), params=params, body=encode(body or KeyRotation()), keyed=True)


class Keys(Resource[ClientT_co]):
    """API keys of the namespace."""

    list = Operation(list_keys)
    iterate = Pages(list_keys)
    get = Operation(get_key)
    create = Operation(create_key)
    update = Operation(update_key)
    delete = Operation(delete_key)
    rotate = Operation(rotate_key)

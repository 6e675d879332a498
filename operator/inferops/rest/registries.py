"""Registries: where images come from. A password goes in and never comes out."""

from pydantic import Field, SecretStr

from inferops.rest.base import Answer, DisplayName, Id, Moment, Request, show, unnamed

EXAMPLE_CREATE = {
    "url": "docker.io/library/user/image:tag",
    "username": "someusername",
    "password": "securepassword",
    "name": "example-registry",
}
EXAMPLE_PATCH = {key: EXAMPLE_CREATE[key] for key in ("url", "username", "password")}
EXAMPLE = {
    "_id": "6721058be81810b9dd045f40",
    "name": "example-registry",
    "url": "docker.io/library/user/image:tag",
    "username": "someusername",
    "createdAt": "2019-06-26T13:00:00.000Z",
    "updatedAt": "2019-06-26T13:00:00.000Z",
}
URL = "Host of a registry, or an image reference without a scheme."


class RegistryCreate(Request):
    """A new registry. An open one has neither username nor password."""

    model_config = show(EXAMPLE_CREATE)
    name: DisplayName
    url: str = Field(min_length=1, max_length=1024, description=URL)
    username: str | None = Field(default=None, min_length=1, max_length=253)
    password: SecretStr | None = Field(default=None, min_length=1, max_length=65536)


class RegistryPatch(Request):
    """What is to change; null for username and password makes the registry an open one."""

    model_config = show(EXAMPLE_PATCH)
    url: str = unnamed()
    username: str | None = Field(default=None, min_length=1, max_length=253)
    password: SecretStr | None = Field(default=None, min_length=1, max_length=65536)


class Registry(Answer):
    """A registry, as lists have it."""

    id: Id
    name: str
    url: str
    created_at: Moment
    updated_at: Moment


class RegistryDetail(Answer):
    """A registry by itself."""

    model_config = show(EXAMPLE)
    id: Id
    name: str
    url: str
    username: str | None
    created_at: Moment
    updated_at: Moment

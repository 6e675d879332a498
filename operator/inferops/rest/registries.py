"""Registries: where images come from. A password goes in and never comes out."""

from typing import Annotated

from pydantic import Field, SecretStr

from inferops.rest.base import Answer, DisplayName, Id, KeptBy, Moment, Request, show, unnamed

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
    "insecure": False,
    "caBundle": None,
    "status": "Verified",
    "message": "The registry accepted the credentials.",
    "checkedAt": "2019-06-26T13:00:00.000Z",
    "keptBy": None,
    "createdAt": "2019-06-26T13:00:00.000Z",
    "updatedAt": "2019-06-26T13:00:00.000Z",
}
URL = "Host of a registry, or an image reference without a scheme."
INSECURE = "Ask it by plain HTTP, or without a look at its certificate; nodes need the same in their own configuration."
CA_BUNDLE = "Certificates of its own authority, in PEM; nodes need them too."
CaBundle = Annotated[str, Field(min_length=1, max_length=262144)]


class RegistryCreate(Request):
    """A new registry. An open one has neither username nor password."""

    model_config = show(EXAMPLE_CREATE)
    name: DisplayName
    url: str = Field(min_length=1, max_length=1024, description=URL)
    username: str | None = Field(default=None, min_length=1, max_length=253)
    password: SecretStr | None = Field(default=None, min_length=1, max_length=65536)
    insecure: bool = Field(default=False, description=INSECURE)
    ca_bundle: CaBundle | None = Field(default=None, description=CA_BUNDLE)


class RegistryPatch(Request):
    """What is to change; null for username and password makes the registry an open one."""

    model_config = show(EXAMPLE_PATCH)
    url: str = unnamed()
    username: str | None = Field(default=None, min_length=1, max_length=253)
    password: SecretStr | None = Field(
        default=None,
        min_length=1,
        max_length=65536,
        description="To be given again where url gets another host, or insecure becomes true.",
    )
    insecure: bool = unnamed()
    ca_bundle: CaBundle | None = Field(default=None, description=CA_BUNDLE)


class Registry(Answer):
    """A registry, with what it answered last."""

    model_config = show(EXAMPLE)
    id: Id
    name: str
    url: str
    username: str | None = None
    insecure: bool = Field(default=False, description=INSECURE)
    ca_bundle: str | None = Field(default=None, description=CA_BUNDLE)
    status: str = Field(
        default="Pending", description="Verified, Pending, or why pods cannot pull: Unauthorized, NotFound, ..."
    )
    message: str | None = Field(default=None, description="The same in a sentence, with what to do.")
    checked_at: Moment | None = Field(default=None, description="When it was last asked.")
    kept_by: KeptBy = None
    created_at: Moment
    updated_at: Moment

"""Instances: models that answer. `api_key_ids` in requests, `api_keys_ids` in answers, as the platform has it."""

from typing import Annotated, Any, Literal

from pydantic import Field

from inferops.rest.base import Answer, DisplayName, Id, KeptBy, Moment, Price, Reference, Request, show, unnamed
from inferops.rest.scaling import EXAMPLE as EXAMPLE_SCALING
from inferops.rest.scaling import AutoScaling, Scale
from inferops.rest.traffic import Limits, LoadBalancing, Weight

EXAMPLE_PATCH: dict[str, Any] = {
    "modelId": "201a99c3-7cd4-4831-865e-b261082fda4b",
    "containerPort": 80,
    "description": "example description.",
    "autoScalingConfigurations": [EXAMPLE_SCALING],
    "podLifetime": 120,
    "envs": {"PORT": "3333"},
    "hardwareId": "59651ba4-657a-41d4-8c42-00f34f732375",
    "startupCommand": "npx create-llama",
    "registryId": "6721058be81810b9dd045f40",
    "apiKeyIds": ["6721058be81810b9dd045f40"],
}
EXAMPLE_CREATE = {"name": "example-inference-instance", **EXAMPLE_PATCH}
EXAMPLE = {
    "_id": "example-inference-instance",
    "name": "example-inference-instance",
    "status": "ACTIVE",
    "hourlyPrice": 2.55,
    "currentHourlyPrice": 1.28,
    "features": ["chat"],
    "address": "https://iate-example-6672-d7c85154.ai.sesterce.dev/",
    "modelId": "201a99c3-7cd4-4831-865e-b261082fda4b",
    "image": None,
    "hardwareId": "59651ba4-657a-41d4-8c42-00f34f732375",
    "containers": [
        {
            **EXAMPLE_SCALING,
            "deployStatus": {"total": 2, "ready": 1},
            "errorMessage": "Not ready: the image cannot be pulled.",
        }
    ],
    "keptBy": None,
    "createdAt": "2019-06-26T13:00:00.000Z",
    "updatedAt": "2019-06-26T13:00:00.000Z",
}
EXAMPLE_DETAIL = {
    **EXAMPLE,
    "containerPort": 80,
    "description": "some description",
    "podLifetime": 120,
    "envs": {"PORT": "3333"},
    "startupCommand": "npx create-llama",
    "startupArgs": None,
    "apiKeysIds": ["6721058be81810b9dd045f40"],
    "registryId": "6721058be81810b9dd045f40",
    "auth": "ApiKey",
    "limits": {"maxRequestBytes": "32Mi", "requestTimeout": 600, "holdTimeout": 600, "maxHeldRequests": 1000},
    "loadBalancing": "LeastRequest",
    "resend": True,
    "weight": None,
    "conditions": [
        {
            "type": "Available",
            "status": "False",
            "reason": "ImagePullFailed",
            "message": "Not ready: the image cannot be pulled.",
            "since": "2019-06-26T13:00:00.000Z",
        }
    ],
    "reason": "ImagePullFailed",
    "message": "Not ready: the image cannot be pulled.",
}
Auth = Literal["ApiKey", "None"]
Port = Annotated[int, Field(ge=1, le=65535)]
VariableName = Annotated[str, Field(max_length=253, pattern=r"^[-._a-zA-Z][-._a-zA-Z0-9]*$")]
Variables = Annotated[dict[VariableName, Annotated[str, Field(max_length=131072)]], Field(max_length=200)]
CommandLine = Annotated[str, Field(min_length=1, max_length=32768)]
KeyIds = Annotated[list[Reference], Field(max_length=1000)]
Regions = Annotated[list[AutoScaling], Field(min_length=1, max_length=20)]


class InstanceFields(Request):
    """What may be said of an instance at any time."""

    model_id: Reference | None = Field(default=None, description="A model of the catalog; or null, with a registry.")
    image: Annotated[str, Field(min_length=1, max_length=1024)] | None = Field(
        default=None, description="A container image, in place of a model."
    )
    registry_id: Reference | None = Field(
        default=None,
        description="Its credentials pull the image; without modelId and image, its url is the image.",
    )
    hardware_id: Reference | None = Field(default=None, description="null: the model's default.")
    container_port: Port | None = Field(default=None, description="null: the model's.")
    description: Annotated[str, Field(max_length=1000)] | None = None
    pod_lifetime: Annotated[int, Field(ge=0, le=31_536_000)] | None = Field(
        default=120, description="Seconds without a request until replicas go down to scale.min; 0: 60, null: never."
    )
    envs: Variables | None = Field(default=None, description="Environment variables.")
    startup_command: CommandLine | None = Field(
        default=None, description="In place of the image's command; split into words as a shell does, without one."
    )
    startup_args: CommandLine | None = Field(
        default=None, description="Arguments, after the model's own; split into words likewise."
    )
    api_key_ids: KeyIds | None = Field(
        default=None, description="Keys that may call it. null and []: nobody may, unless auth is None."
    )
    auth: Auth = Field(default="ApiKey", description="None: everybody may call it, and apiKeyIds must be empty.")
    limits: Limits | None = Field(default=None, description="What one request may take; null: the defaults.")
    load_balancing: LoadBalancing = Field(
        default="LeastRequest", description="PrefixHash: requests that begin alike go to the same replica."
    )
    resend: bool = Field(
        default=True, description="Whether a request goes to another replica, once, when the first one broke off."
    )
    weight: Weight | None = Field(
        default=None, description="Share of the requests that name its model, beside other instances of that model."
    )


class InstanceCreate(InstanceFields):
    """A new instance."""

    model_config = show(EXAMPLE_CREATE)
    name: DisplayName
    auto_scaling_configurations: Regions = Field(description="Where it runs.")


class InstancePatch(InstanceFields):
    """What is to change: a field that is not named stays as it is, null is its default."""

    model_config = show(EXAMPLE_PATCH)
    auto_scaling_configurations: Regions = unnamed()
    auth: Auth = unnamed()
    load_balancing: LoadBalancing = unnamed()
    resend: bool = unnamed()


class DeployStatus(Answer):
    """Replicas of one region."""

    total: int
    ready: int


class Container(Answer):
    """One region of an instance."""

    region_id: int | None = Field(description="null: there is no such region any more.")
    scale: Scale
    deploy_status: DeployStatus
    error_message: str | None


class Instance(Answer):
    """An instance, as lists have it."""

    model_config = show(EXAMPLE)
    id: Id
    name: str
    status: str = Field(
        description="NEW, DEPLOYING, ACTIVE, PARTIALLYDEPLOYED, PENDING (asleep), DISABLED (stopped), ERROR, DELETING."
    )
    hourly_price: Price = Field(description="With scale.max replicas in every region.")
    current_hourly_price: Price = Field(description="With the replicas that there are now.")
    features: list[str]
    address: str
    model_id: str | None
    image: str | None
    hardware_id: str | None
    containers: list[Container]
    kept_by: KeptBy
    created_at: Moment
    updated_at: Moment


class Condition(Answer):
    """One of the things that must be so for an instance to answer."""

    type: str = Field(description="Accepted, Progressing, Available, Scalable or Routable.")
    status: Literal["True", "False", "Unknown"]
    reason: str = Field(description="A constant for programs.")
    message: str
    since: Moment | None


class InstanceDetail(Instance):
    """An instance by itself."""

    model_config = show(EXAMPLE_DETAIL)
    container_port: int | None
    description: str | None
    pod_lifetime: int | None
    envs: dict[str, str]
    startup_command: str | None
    startup_args: str | None = None
    api_keys_ids: list[str]
    registry_id: str | None
    auth: Auth
    limits: Limits
    load_balancing: LoadBalancing
    resend: bool
    weight: int | None
    conditions: list[Condition]
    reason: str | None = Field(description="Why it is not as it should be, in one word.")
    message: str | None = Field(description="The same in a sentence, with what to do.")

"""InferenceInstance: a model that answers, as its user writes it and reads it back."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from inferops.specs.base import Column, Condition, Kind, Name, Pattern, Quantity, Rule, Spec, Status
from inferops.specs.pod import EnvVar, Image, Probes, check_depth
from inferops.specs.scaling import RegionScale

Host = Annotated[
    str,
    Field(max_length=253),
    Pattern(
        r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$",
        "must be a full host name in lower case, without scheme, port and path, such as chat.example.com",
    ),
]


class Limits(Spec):
    """What one request may take."""

    max_request_bytes: Quantity = Field(
        default="32Mi", description="Largest request body, 1Ki to 1Gi; audio routes have 26Mi."
    )
    request_timeout: int = Field(default=600, ge=1, le=86400, description="Seconds; audio routes have 3600.")
    hold_timeout: int = Field(default=600, ge=1, le=3600, description="Seconds a request waits for a replica to start.")
    max_held_requests: int = Field(default=1000, ge=0, le=100000, description="Requests that may wait at once.")
    rules: ClassVar[list[Rule]] = [
        Rule(
            rule="!has(self.maxRequestBytes) || !isQuantity(string(self.maxRequestBytes))"
            " || (quantity(string(self.maxRequestBytes)).compareTo(quantity('1Ki')) >= 0"
            " && quantity(string(self.maxRequestBytes)).compareTo(quantity('1Gi')) <= 0)",
            message="limits.maxRequestBytes must be from 1Ki to 1Gi",
            messageExpression="'limits.maxRequestBytes must be from 1Ki to 1Gi, not ' + string(self.maxRequestBytes)",
            fieldPath=".maxRequestBytes",
        )
    ]


class Rollout(Spec):
    """How a change of the pods is rolled out."""

    strategy: Literal["Auto", "Surge", "Recreate"] = Field(
        default="Auto",
        description="Surge starts a new pod first; Recreate ends the old one first; Auto: Recreate where a GPU is"
        " asked for, so that an update never waits for a spare GPU, else Surge.",
    )
    drain_seconds: int = Field(
        default=60, ge=0, le=3600, description="Seconds an ending pod has to finish its answers."
    )


class Cache(Spec):
    """A volume that keeps the model's files, so that a start does not download them again."""

    claim: Name | None = Field(default=None, description="An existing PersistentVolumeClaim.")
    size: Quantity | None = Field(default=None, description="Or: the size of a claim to make.")
    storage_class: Name | None = Field(default=None, description="Its storage class.")
    rules: ClassVar[list[Rule]] = [
        Rule(rule="has(self.claim) != has(self.size)", message="cache needs exactly one of claim and size"),
        Rule(
            rule="!has(self.storageClass) || has(self.size)",
            message="storageClass is for a volume claim that is made: name its size, or leave storageClass out",
        ),
    ]


class IngressTLS(Spec):
    """TLS of the instance's host name."""

    secret_name: Name = Field(description="Secret of type kubernetes.io/tls.")
    issuer: str | None = Field(default=None, description="cert-manager ClusterIssuer that fills it.")


class IngressSpec(Spec):
    """The Ingress in front of the gateway; what is absent comes from the installation's settings."""

    host: Host | None = Field(default=None, description="Host name in place of <name>-<hash8>.<domain>.")
    class_name: Name | None = Field(default=None, description="IngressClass.")
    tls: IngressTLS | None = Field(default=None, description="TLS.")
    annotations: dict[str, str] | None = Field(default=None, description="Annotations of the Ingress.")


class InstanceSpec(Spec):
    """What to run, where, how many, and who may call it."""

    model: Name | None = Field(default=None, description="Name of a Model of the catalog: what to serve.")
    image: Image | None = Field(default=None, description="A container image of your own; needs containerPort.")
    registry: Name | None = Field(
        default=None,
        description="Name of a Registry in the same namespace: its credentials pull the image. Where neither model nor"
        " image is given, its url is the image.",
    )
    hardware: Name | None = Field(default=None, description="Name of a Hardware; default is the model's.")
    container_port: int | None = Field(default=None, ge=1, le=65535, description="Port that the container listens on.")
    command: list[str] | None = Field(default=None, description="The container's command, in place of the image's.")
    args: list[str] | None = Field(default=None, description="Arguments, after the model's own.")
    env: list[EnvVar] | None = Field(
        default=None,
        max_length=200,
        description="Environment variables, added to the model's.",
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]},
    )
    description: str | None = Field(default=None, max_length=1000, description="A note for people.")
    stopped: bool = Field(default=False, description="True: no replicas, and requests are refused at once.")
    pod_lifetime: int | None = Field(
        default=120,
        ge=0,
        le=31_536_000,
        json_schema_extra={"nullable": True},
        description="Seconds without a request after which replicas go down to scale.min; 0 means 60, null never."
        " `kubectl apply` loses a null, unless it is called with --server-side.",
    )
    auth: Literal["ApiKey", "None"] = Field(
        default="ApiKey", description="ApiKey, or None for an endpoint that everybody may call."
    )
    api_keys: list[Name] | None = Field(
        default=None,
        max_length=1000,
        description="Names of the ApiKeys that may call it.",
        json_schema_extra={"x-kubernetes-list-type": "set"},
    )
    regions: list[RegionScale] = Field(
        min_length=1,
        max_length=20,
        description="Where it runs.",
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["region"]},
    )
    limits: Limits = Field(default=Limits(), description="What one request may take.")
    rollout: Rollout = Field(default=Rollout(), description="How changes are rolled out.")
    load_balancing: Literal["LeastRequest", "PrefixHash"] = Field(
        default="LeastRequest",
        description="LeastRequest, or PrefixHash: requests with the same beginning go to the same replica,"
        " whose prefix cache knows it.",
    )
    weight: int | None = Field(
        default=None,
        ge=0,
        le=1000,
        description="Share of the requests that name its model on the shared host, beside the weights of other"
        " instances of the same model and namespace, such as 950 and 50. Where none has a weight, the oldest gets all.",
    )
    resend: bool = Field(
        default=True,
        description="Whether a request goes to another replica, once, when the first one broke off before its answer"
        " began. False, for requests that must not run twice: it gets 503.",
    )
    cache: Cache | None = Field(default=None, description="A volume for the model's files.")
    ingress: IngressSpec | None = Field(default=None, description="The Ingress in front of the gateway.")
    probes: Probes | None = Field(default=None, description="Probes in place of the engine's own.")
    pod_template: dict[str, Any] | None = Field(
        default=None, description="Strategic merge patch of the pod template (core/v1 PodTemplateSpec)."
    )
    rules: ClassVar[list[Rule]] = [
        Rule(
            rule="!(has(self.model) && has(self.image))",
            message="model and image exclude each other: name one image source",
        ),
        Rule(
            rule="has(self.model) || has(self.image) || has(self.registry)",
            message="what to serve is missing: name a model, an image, or a registry whose url is an image",
        ),
        Rule(
            rule="has(self.model) || has(self.containerPort)",
            message="containerPort is missing: without a model nobody knows which port the image listens on",
        ),
        Rule(
            rule="has(self.model) || has(self.hardware)",
            message="hardware is missing: without a model there is no default",
        ),
        Rule(
            rule="self.auth != 'None' || !has(self.apiKeys) || self.apiKeys.size() == 0",
            message="auth None means that everybody may call: leave apiKeys out, or set auth to ApiKey",
        ),
    ]

    @field_validator("pod_template")
    @classmethod
    def shallow(cls, patch: dict[str, Any] | None) -> dict[str, Any] | None:
        """As a pod is."""
        check_depth(patch)
        return patch

    @model_validator(mode="after")
    def one_region_each(self) -> "InstanceSpec":
        """A region appears once: the API server's list map says the same."""
        names = [region.region for region in self.regions]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"regions names {', '.join(twice)} more than once")
        return self


Seniority = tuple[bool, str, str, str]


def seniority(namespace: str, name: str, created: str, *, stopped: bool) -> Seniority:
    """Who wins a name that several instances want: the smallest. `created` is RFC 3339, as the API server gives it. A
    stopped instance gives way to one that runs.
    """
    return stopped, created, namespace, name


def called(owner: tuple[str, str], namespace: str) -> str:
    """The instance `owner` (namespace, name) in words for people of `namespace`: of others' they learn no names."""
    return f"InferenceInstance {owner[1]}" if owner[0] == namespace else "an InferenceInstance of another namespace"


class Phase(StrEnum):
    """One word for the state of an instance; Sesterce's words where they have one."""

    NEW = "NEW"
    DEPLOYING = "DEPLOYING"
    ACTIVE = "ACTIVE"
    PARTIALLYDEPLOYED = "PARTIALLYDEPLOYED"
    PENDING = "PENDING"
    DISABLED = "DISABLED"
    ERROR = "ERROR"
    DELETING = "DELETING"


class Replicas(Status):
    """Pods of one region."""

    ready: int = Field(description="Pods that answer.")
    total: int = Field(description="Pods that should.")


class RegionStatus(Status):
    """What one region looks like."""

    region: str = Field(description="Name of the Region.")
    replicas: Replicas = Field(description="Pods there.")
    error_message: str | None = Field(default=None, description="Why not all are ready, and what to do.")


class InstanceStatus(Status):
    """What the operator saw last."""

    phase: Phase = Field(default=Phase.NEW, description="The state in one word.")
    address: str | None = Field(default=None, description="URL of the endpoint.")
    id: str | None = Field(default=None, description="Id in /v2/<id>/openai/v1.")
    model: str | None = Field(default=None, description="The model name that requests carry.")
    features: list[str] | None = Field(default=None, description="What the model can do.")
    hourly_price: str | None = Field(default=None, description="Price per hour at scale.max, a decimal.")
    currency: str | None = Field(default=None, description="Currency of the price (ISO 4217).")
    ready: str | None = Field(default=None, description="Ready and wanted pods over all regions, such as 1/2.")
    reason: str | None = Field(default=None, description="Why it is not as it should be, in one word.")
    message: str | None = Field(default=None, description="The same in a sentence: what is wrong, and what to do.")
    regions: list[RegionStatus] | None = Field(default=None, description="Each region.")
    observed_generation: int | None = Field(default=None, description="The generation that this status speaks of.")
    conditions: list[Condition] | None = Field(
        default=None,
        description="Accepted, Progressing, Available, Scalable, Routable.",
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
    )
    gateway_refusal: str | None = Field(
        default=None, description="What of it the gateway cannot take, in Envoy's words; written by control."
    )
    metrics_problem: str | None = Field(
        default=None, description="Which triggers see no metrics, and why; written by control."
    )
    ready_since: datetime | None = Field(default=None, description="When it last became available.")


INSTANCE = Kind(
    kind="InferenceInstance",
    plural="inferenceinstances",
    short_names=("inf",),
    description="A model served as a key-protected, autoscaled OpenAI-compatible endpoint.",
    spec=InstanceSpec,
    status=InstanceStatus,
    columns=(
        Column(name="Phase", jsonPath=".status.phase"),
        Column(name="Ready", jsonPath=".status.ready"),
        Column(name="Reason", jsonPath=".status.reason"),
        Column(name="Model", jsonPath=".status.model"),
        Column(name="Hardware", jsonPath=".spec.hardware", priority=1),
        Column(name="Address", jsonPath=".status.address"),
        Column(name="Age", type="date", jsonPath=".metadata.creationTimestamp"),
        Column(name="Message", jsonPath=".status.message", priority=1),
    ),
    rules=(
        Rule(
            rule="self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$') && self.metadata.name.size() <= 40",
            message="metadata.name must be a DNS label of at most 40 characters that begins with a letter:"
            " it becomes part of the address",
            fieldPath=".metadata.name",
        ),
    ),
)

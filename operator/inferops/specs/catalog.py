"""Model, Hardware, Region: what the administrators of a cluster offer."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from inferops.specs.base import Column, Kind, Money, Name, Pattern, Quantity, Rule, SecretKeyRef, Spec, Status
from inferops.specs.pod import EnvVar, Image, Probes, Toleration

Feature = Literal["chat", "completion", "vision", "audio", "embeddings", "rerank", "image"]
Source = Annotated[
    str,
    Field(max_length=1024),
    Pattern(
        r"^(hf|pvc|s3|oci|file)://.+$",
        "must be hf://owner/name, pvc://claim/path, s3://bucket/path, oci://image or file:///path",
    ),
]
ExtendedResource = Annotated[
    str,
    Field(max_length=253),
    Pattern(r"^[a-z0-9.-]+/[A-Za-z0-9._-]+$", "must be an extended resource, such as nvidia.com/gpu"),
]
Country = Annotated[
    str,
    Field(max_length=2),
    Pattern(r"^[A-Z]{2}$", 'must be two capital letters (ISO 3166-1 alpha-2), such as "DE"'),
]


class Prices(Spec):
    """What use of a model costs, in the installation's currency; decimals as text."""

    input_per_million_tokens: Money | None = Field(default=None, description="Prompt tokens.")
    output_per_million_tokens: Money | None = Field(default=None, description="Completion tokens.")
    per_audio_minute: Money | None = Field(default=None, description="Transcribed audio.")


class ModelSpec(Spec):
    """A model and the engine that serves it."""

    display_name: str | None = Field(default=None, max_length=200, description="Name for people.")
    engine: Literal["vLLM", "Whisper", "Custom"] = Field(
        default="vLLM",
        description="vLLM: an image with the arguments of vllm serve. Whisper: an OpenAI-compatible Whisper server."
        " Custom: the image's own command.",
    )
    image: Image = Field(description="Container image of the engine.")
    source: Source | None = Field(
        default=None,
        description="Where the weights are: hf://owner/name, pvc://claim/path, s3://bucket/path (vLLM only), oci://image,"
        " or file:///path within the engine's image. Claims and images are mounted at /model.",
    )
    served_name: str | None = Field(
        default=None, max_length=200, description="The model name that requests carry; default is metadata.name."
    )
    args: list[str] | None = Field(default=None, description="Arguments of the engine.")
    env: list[EnvVar] | None = Field(
        default=None,
        max_length=200,
        description="Environment variables.",
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]},
    )
    port: int = Field(default=8000, ge=1, le=65535, description="Port that the engine listens on.")
    features: list[Feature] = Field(
        default=["chat"],
        min_length=1,
        description="What the model can do.",
        json_schema_extra={"x-kubernetes-list-type": "set"},
    )
    default_hardware: Name | None = Field(default=None, description="Hardware of instances that name none.")
    token_secret_ref: SecretKeyRef | None = Field(
        default=None, description="Token of the model hub, in a Secret of the instance's namespace."
    )
    probes: Probes | None = Field(default=None, description="Probes in place of the engine's own.")
    prices: Prices | None = Field(default=None, description="Prices of its use.")
    rules: ClassVar[list[Rule]] = [
        Rule(
            rule="self.engine == 'Custom' || has(self.source)",
            message="source is missing: only engine Custom knows by itself what to serve",
        )
    ]


def served_name(name: str, model: ModelSpec) -> str:
    """The model name that requests carry. A Whisper server knows its model by its hub repository only."""
    if model.served_name:
        return model.served_name
    if model.engine == "Whisper" and (model.source or "").startswith("hf://"):
        return (model.source or "").removeprefix("hf://")
    return name


class CatalogStatus(Status):
    """Nothing is written back to Models and Hardwares."""


MODEL = Kind(
    kind="Model",
    plural="models",
    short_names=("infmodel",),
    namespaced=False,
    description="A model that instances can serve.",
    spec=ModelSpec,
    status=CatalogStatus,
    columns=(
        Column(name="Engine", jsonPath=".spec.engine"),
        Column(name="Source", jsonPath=".spec.source"),
        Column(name="Hardware", jsonPath=".spec.defaultHardware"),
        Column(name="Features", jsonPath=".spec.features"),
        Column(name="Age", type="date", jsonPath=".metadata.creationTimestamp"),
    ),
)


class Gpu(Spec):
    """GPUs of one replica."""

    model: str = Field(min_length=1, max_length=100, description='For people, such as "NVIDIA-L40S".')
    count: int = Field(ge=1, le=64, description="GPUs of one replica.")
    memory: Quantity | None = Field(default=None, description="Memory of one GPU.")
    resource_name: ExtendedResource = Field(
        default="nvidia.com/gpu",
        description="Extended resource that nodes offer, such as nvidia.com/mig-1g.10gb.",
    )


class HardwareSpec(Spec):
    """What one replica gets."""

    display_name: str | None = Field(default=None, max_length=200, description="Name for people.")
    cpu: Quantity = Field(description='CPUs, such as "16".')
    memory: Quantity = Field(description='Memory, such as "232Gi".')
    gpu: Gpu | None = Field(default=None, description="GPUs; absent for CPU only.")
    node_selector: dict[str, str] | None = Field(default=None, description="Labels of the nodes that have it.")
    tolerations: list[Toleration] | None = Field(default=None, max_length=50, description="Taints of those nodes.")
    runtime_class_name: Name | None = Field(default=None, description="RuntimeClass of the pods.")
    price_per_hour: Money = Field(default="0", description="Price of one replica for an hour, a decimal.")


HARDWARE = Kind(
    kind="Hardware",
    plural="hardwares",
    short_names=("infhw",),
    namespaced=False,
    description="CPU, memory and GPUs of one replica, and what they cost.",
    spec=HardwareSpec,
    status=CatalogStatus,
    columns=(
        Column(name="CPU", jsonPath=".spec.cpu"),
        Column(name="Memory", jsonPath=".spec.memory"),
        Column(name="GPU", jsonPath=".spec.gpu.model"),
        Column(name="Count", type="integer", jsonPath=".spec.gpu.count"),
        Column(name="Price/h", jsonPath=".spec.pricePerHour"),
        Column(name="Age", type="date", jsonPath=".metadata.creationTimestamp"),
    ),
)


class RegionSpec(Spec):
    """A place where instances can run."""

    id: int = Field(
        ge=0,
        le=2147483647,
        description="Number of the region in the REST API; it never changes.",
        json_schema_extra={
            "x-kubernetes-validations": [
                {"rule": "self == oldSelf", "message": "id never changes: the REST API knows the region by it"}
            ]
        },
    )
    display_name: str | None = Field(default=None, max_length=200, description="Name for people.")
    country_code: Country | None = Field(default=None, description="ISO 3166-1 alpha-2.")
    node_selector: dict[str, str] | None = Field(default=None, description="Labels of its nodes; absent: all nodes.")
    price_factor: Money = Field(default="1", description="Hardware prices are multiplied by it.")


class Capacity(Status):
    """How many replicas of one hardware would still fit."""

    hardware: str = Field(description="Name of the Hardware.")
    capacity: int = Field(description="Replicas that would still fit.")
    total: int | None = Field(default=None, description="Replicas that would fit if no pod were there.")


class RegionStatus(Status):
    """What the region still has."""

    capacities: list[Capacity] | None = Field(default=None, description="Per hardware, from nodes and pods.")


REGION = Kind(
    kind="Region",
    plural="regions",
    short_names=("infregion",),
    namespaced=False,
    description="A place where instances can run.",
    spec=RegionSpec,
    status=RegionStatus,
    columns=(
        Column(name="Id", type="integer", jsonPath=".spec.id"),
        Column(name="Display name", jsonPath=".spec.displayName"),
        Column(name="Country", jsonPath=".spec.countryCode"),
        Column(name="Age", type="date", jsonPath=".metadata.creationTimestamp"),
    ),
    rules=(
        Rule(
            rule="self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$') && self.metadata.name.size() <= 63",
            message="metadata.name must be a DNS label of at most 63 characters: it becomes the value of a label",
            fieldPath=".metadata.name",
        ),
    ),
)

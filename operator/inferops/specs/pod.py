"""The few pieces of a pod that users may write, as Kubernetes spells them."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator

from inferops.specs.base import Name, Pattern, Rule, Spec

IMAGE = r"^[a-zA-Z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)*(:[a-zA-Z0-9._-]+)?(@sha256:[a-f0-9]{64})?$"
Image = Annotated[
    str,
    Field(max_length=1024),
    Pattern(IMAGE, "must be an image reference without a scheme, such as docker.io/vllm/vllm-openai:v0.11.0"),
]
"""Reference of a container image (github.com/distribution/reference), any of its forms."""


class KeySelector(Spec):
    """One key of a Secret or ConfigMap."""

    name: Name = Field(description="Name of the object.")
    key: str = Field(min_length=1, max_length=253, description="Key in its data.")
    optional: bool | None = Field(default=None, description="Start without it when it is missing.")


class FieldSelector(Spec):
    """A field of the pod itself."""

    field_path: str = Field(min_length=1, description='Path of the field, such as "metadata.name".')


class EnvSource(Spec):
    """Where the value of an environment variable comes from: exactly one."""

    secret_key_ref: KeySelector | None = Field(default=None, description="Key of a Secret.")
    config_map_key_ref: KeySelector | None = Field(default=None, description="Key of a ConfigMap.")
    field_ref: FieldSelector | None = Field(default=None, description="Field of the pod.")
    rules: ClassVar[list[Rule]] = [
        Rule(
            rule="[has(self.secretKeyRef), has(self.configMapKeyRef), has(self.fieldRef)].filter(x, x).size() == 1",
            message="valueFrom needs exactly one of secretKeyRef, configMapKeyRef and fieldRef",
        )
    ]


VariableName = Annotated[
    str,
    Field(max_length=253),
    Pattern(
        r"^[-._a-zA-Z][-._a-zA-Z0-9]*$",
        'must be the name of a variable (letters, digits, "_", "-" and ".", not beginning with a digit)',
    ),
]


class EnvVar(Spec):
    """An environment variable (core/v1 EnvVar)."""

    name: VariableName = Field(description="Name of the variable.")
    value: str | None = Field(default=None, description="Its value, in clear.")
    value_from: EnvSource | None = Field(default=None, description="Take the value from elsewhere.")
    rules: ClassVar[list[Rule]] = [
        Rule(
            rule="!(has(self.value) && has(self.valueFrom))",
            message="an environment variable has value or valueFrom, not both",
        )
    ]


class Toleration(Spec):
    """A toleration (core/v1 Toleration)."""

    key: str | None = Field(default=None, description="Taint key; absent with operator Exists: all taints.")
    operator: Literal["Exists", "Equal"] | None = Field(default=None, description="How the value is compared.")
    value: str | None = Field(default=None, description="Taint value.")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = Field(default=None, description="Effect.")
    toleration_seconds: int | None = Field(default=None, description="How long a NoExecute taint is tolerated.")
    rules: ClassVar[list[Rule]] = [
        Rule(
            rule="!(has(self.operator) && self.operator == 'Exists' && has(self.value))",
            message="operator Exists matches any value: leave value out",
        ),
        Rule(
            rule="has(self.key) || (has(self.operator) && self.operator == 'Exists')",
            message="key is missing: only operator Exists goes without one, and matches every taint",
        ),
        Rule(
            rule="!has(self.tolerationSeconds) || (has(self.effect) && self.effect == 'NoExecute')",
            message="tolerationSeconds needs effect NoExecute",
        ),
    ]


DEEPEST = 32
"""Levels of objects and lists; those of core/v1 PodTemplateSpec are about ten."""


def check_depth(value: Any, levels: int = DEEPEST) -> None:
    """Refuse what no pod is like: it is the user's as it stands, and all who read it would have to bear it. Raises
    ValueError.
    """
    if isinstance(value, dict | list):
        if not levels:
            raise ValueError(f"is nested deeper than {DEEPEST} levels")
        for each in value.values() if isinstance(value, dict) else value:
            check_depth(each, levels - 1)


PROBE_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")


class Probes(Spec):
    """Probes in place of the engine's own, each a core/v1 Probe."""

    startup: dict[str, Any] | None = Field(default=None, description="core/v1 Probe: has the model been loaded?")
    readiness: dict[str, Any] | None = Field(default=None, description="core/v1 Probe: may requests come?")
    liveness: dict[str, Any] | None = Field(default=None, description="core/v1 Probe: must the engine be restarted?")

    @field_validator("startup", "readiness", "liveness")
    @classmethod
    def one_handler(cls, probe: dict[str, Any] | None) -> dict[str, Any] | None:
        """Kubernetes wants exactly one handler; without any, ours is kept and only its numbers change."""
        check_depth(probe)
        if probe and sum(handler in probe for handler in PROBE_HANDLERS) > 1:
            raise ValueError(f"a probe has one of {', '.join(PROBE_HANDLERS)}")
        return probe

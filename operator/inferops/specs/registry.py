"""Registry: where images come from, and with which password."""

from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import Field

from inferops.specs.base import Column, Condition, Kind, Pattern, Rule, SecretKeyRef, SecretRef, Spec, Status
from inferops.specs.pod import IMAGE

HostOrImage = Annotated[
    str,
    Field(max_length=1024),
    Pattern(
        IMAGE,
        "must be a registry host or an image reference without a scheme, such as ghcr.io or"
        " docker.io/library/user/image:tag",
    ),
]
Certificates = Annotated[
    str,
    Field(max_length=262144),
    Pattern(
        # not greedy: Python would look back from each of thousands of beginnings
        r"^[\s\S]*?-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----[\s\S]*$",
        "must be certificates in PEM, each from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----",
        quoted=False,
    ),
]


class RegistrySpec(Spec):
    """A container registry."""

    url: HostOrImage = Field(
        description='Host of the registry ("ghcr.io"), or a full image reference ("docker.io/library/user/image:tag").',
    )
    username: str | None = Field(default=None, min_length=1, max_length=253, description="User name.")
    password_secret_ref: SecretKeyRef | None = Field(default=None, description="The password, in a Secret.")
    docker_config_secret_ref: SecretRef | None = Field(
        default=None,
        description="Or: a Secret of type kubernetes.io/dockerconfigjson. Of an entry, auth or username and password"
        " are used, as nodes do it; neither identitytoken nor credHelpers.",
    )
    insecure: bool = Field(default=False, description="Speak plain HTTP, or do not check the certificate.")
    ca_bundle: Certificates | None = Field(
        default=None,
        description="PEM certificates of the registry's own authority, for the check. Nodes need them too.",
    )
    rules: ClassVar[list[Rule]] = [
        Rule(
            rule="has(self.username) == has(self.passwordSecretRef)",
            message="username and passwordSecretRef go together: give both or neither",
        ),
        Rule(
            rule="!(has(self.passwordSecretRef) && has(self.dockerConfigSecretRef))",
            message="passwordSecretRef and dockerConfigSecretRef exclude each other",
        ),
    ]


class RegistryStatus(Status):
    """What the registry answered last."""

    verified: str | None = Field(default=None, description="Reason of condition Verified.")
    digest: str | None = Field(default=None, description="Digest of the image that url names.")
    platforms: list[str] | None = Field(
        default=None, description='What that image is for: operating system and architecture, such as "linux/amd64".'
    )
    secret_version: str | None = Field(
        default=None, description="resourceVersion of the Secret whose credentials were tried."
    )
    last_checked: datetime | None = Field(default=None, description="When the registry was last asked.")
    observed_generation: int | None = Field(default=None, description="The generation that this status speaks of.")
    conditions: list[Condition] | None = Field(
        default=None,
        description="Accepted, Verified, Runnable (where url names an image).",
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
    )


REGISTRY = Kind(
    kind="Registry",
    plural="registries",
    short_names=("infreg",),
    description="A container registry and the credentials that instances pull with.",
    spec=RegistrySpec,
    status=RegistryStatus,
    columns=(
        Column(name="URL", jsonPath=".spec.url"),
        Column(name="Verified", jsonPath=".status.verified"),
        Column(name="Age", type="date", jsonPath=".metadata.creationTimestamp"),
    ),
)

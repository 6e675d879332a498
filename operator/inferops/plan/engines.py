"""One function for each engine: how its container is started, asked whether it is well, and what it mounts."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from inferops.errors import SpecError
from inferops.names import HTTP_PORT, Manifest
from inferops.plan.parallelism import plan_parallelism
from inferops.plan.types import Resolved
from inferops.specs.catalog import ModelSpec, served_name

NOBODY = 65532
"""User of distroless images; as good as any for an image that does not care."""
SPEACHES_USER = 1000
"""The Whisper server's files are in a home directory that only their user may enter."""
MODEL_MOUNT = "/model"
HEALTH = {"httpGet": {"path": "/health", "port": HTTP_PORT}}


@dataclass(frozen=True)
class Engine:
    """What an engine adds to the pod."""

    args: list[str] = field(default_factory=list)
    env: list[Manifest] = field(default_factory=list)
    volumes: list[Manifest] = field(default_factory=list)
    mounts: list[Manifest] = field(default_factory=list)
    probe: Manifest = field(default_factory=lambda: HEALTH)
    user: int = NOBODY
    read_only_root: bool = True


@dataclass(frozen=True)
class Source:
    """Weights as an engine takes them: a path or hub name, and what the pod needs for it."""

    path: str
    args: list[str] = field(default_factory=list)
    volumes: list[Manifest] = field(default_factory=list)
    mounts: list[Manifest] = field(default_factory=list)


def plan_engine(resolved: Resolved) -> Engine:
    """The engine of an instance; an image without a Model is Custom."""
    if resolved.model is None:
        return plan_custom(None)
    if resolved.model.engine == "vLLM":
        return plan_vllm(resolved, resolved.model)
    return plan_whisper(resolved, resolved.model) if resolved.model.engine == "Whisper" else plan_custom(resolved.model)


def plan_vllm(resolved: Resolved, model: ModelSpec) -> Engine:
    """The OpenAI server of vLLM: the image's entrypoint is `vllm serve` (https://docs.vllm.ai/en/latest/cli/serve.html).

    Usage is forced into every chunk, so that a stream that the client breaks off is metered by what it produced.
    """
    source = plan_source(model)
    args = [
        *("--model", source.path),
        *("--served-model-name", served_name(resolved.spec.model or "", model)),
        *("--port", str(resolved.port)),
        *("--shutdown-timeout", str(resolved.spec.rollout.drain_seconds)),
        "--enable-force-include-usage",
        "--enable-prompt-tokens-details",
        *source.args,
        *plan_parallelism(resolved, [*(model.args or []), *(resolved.spec.args or [])]),
    ]
    env = [
        {"name": "VLLM_NO_USAGE_STATS", "value": "1"},
        {"name": "DO_NOT_TRACK", "value": "1"},
        *hub_token(model),
    ]
    return Engine(args=args, env=env, volumes=source.volumes, mounts=source.mounts)


def plan_whisper(resolved: Resolved, model: ModelSpec) -> Engine:
    """An OpenAI-compatible Whisper server: speaches, configured by its environment (https://speaches.ai/configuration).

    It names models by their hub repository; the model is loaded before the server says that it is healthy, and kept.
    """
    source = plan_source(model)
    if source.args:
        raise SpecError(
            f'Model "{resolved.spec.model}": engine Whisper cannot load {model.source}; use hf://, or engine vLLM',
            reason="SourceNotSupported",
        )
    env = [
        {"name": "UVICORN_HOST", "value": "0.0.0.0"},
        {"name": "UVICORN_PORT", "value": str(resolved.port)},
        {"name": "PRELOAD_MODELS", "value": json.dumps([source.path])},
        {"name": "STT_MODEL_TTL", "value": "-1"},
        {"name": "ENABLE_UI", "value": "false"},
        {"name": "DO_NOT_TRACK", "value": "1"},
        *hub_token(model),
    ]
    return Engine(env=env, volumes=source.volumes, mounts=source.mounts, user=SPEACHES_USER)


def plan_custom(model: ModelSpec | None) -> Engine:
    """An image that we know nothing about but its port: no health path, and it may write where it likes. Weights of a
    claim or an image are mounted for it; others it fetches itself.
    """
    source = plan_source(model) if model and model.source else Source("")
    return Engine(
        env=hub_token(model) if model else [],
        volumes=source.volumes,
        mounts=source.mounts,
        probe={"tcpSocket": {"port": HTTP_PORT}},
        read_only_root=False,
    )


def hub_token(model: ModelSpec) -> list[Manifest]:
    """The token that gated models are fetched with."""
    if model.token_secret_ref is None:
        return []
    reference = {"name": model.token_secret_ref.name, "key": model.token_secret_ref.key}
    return [{"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": reference}}]


def plan_source(model: ModelSpec) -> Source:
    """Where the weights are. `source` is present: the schema demands it of every engine that comes here."""
    scheme, _, rest = (model.source or "").partition("://")
    return SOURCES[scheme](rest)


def plan_hub(rest: str) -> Source:
    """hf://owner/name: the engine downloads it."""
    return Source(rest)


def plan_file(rest: str) -> Source:
    """file:///path: within the image."""
    return Source(f"/{rest.lstrip('/')}")


def plan_claim(rest: str) -> Source:
    """pvc://claim/path: a PersistentVolumeClaim of the instance's namespace, mounted read-only."""
    claim, _, path = rest.partition("/")
    volume = {"name": "model", "persistentVolumeClaim": {"claimName": claim, "readOnly": True}}
    mount = {"name": "model", "mountPath": MODEL_MOUNT, "readOnly": True}
    return Source(f"{MODEL_MOUNT}/{path}".rstrip("/"), volumes=[volume], mounts=[mount])


def plan_bucket(rest: str) -> Source:
    """s3://bucket/path: vLLM streams the weights itself; credentials come by the instance's env."""
    return Source(f"s3://{rest}", args=["--load-format", "runai_streamer"])


def plan_image_volume(rest: str) -> Source:
    """oci://image: the files of an image, mounted read-only (core/v1 ImageVolumeSource). The kubelet pulls it, with the
    pod's pull secrets.
    """
    volume = {"name": "model", "image": {"reference": rest, "pullPolicy": "IfNotPresent"}}
    mount = {"name": "model", "mountPath": MODEL_MOUNT, "readOnly": True}
    return Source(MODEL_MOUNT, volumes=[volume], mounts=[mount])


SOURCES: dict[str, Callable[[str], Source]] = {
    "hf": plan_hub,
    "file": plan_file,
    "pvc": plan_claim,
    "s3": plan_bucket,
    "oci": plan_image_volume,
}

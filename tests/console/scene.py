"""What there is to see: a namespace with instances that answer, sleep, are slow, are broken, and are kept in Git."""

from typing import Any

from inferops.names import Manifest
from tests.e2e.world import World, engine_model, install_shared, instance, resource

ASLEEP = {"min": 0, "max": 1, "triggers": {"http": {"rate": 1, "window": 60}}}
OUT_OF_MEMORY = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 14.90 GiB."
PRICES = {"inputPerMillionTokens": "0.10", "outputPerMillionTokens": "0.40"}

FEATURES = ["chat", "completion", "embeddings", "rerank", "image"]


def install_models(world: World) -> None:
    """A small engine that can all."""
    hardware = resource("Hardware", "e2e-cpu", cpu="10m", memory="32Mi", pricePerHour="0.10")
    small = engine_model("console-engine", defaultHardware="e2e-cpu", prices=PRICES)
    small["spec"] |= {"displayName": "Small engine", "features": FEATURES}
    install_shared(world.target, hardware, small)


def build_instance(name: str, model: str = "console-engine", **spec: Any) -> Manifest:
    """One that the key `owner` may call."""
    return instance(name, model, apiKeys=["owner"], **spec)


def fill(world: World) -> None:
    """All that the tests look at; nothing is waited for."""
    kept = build_instance("from-git", scale=ASLEEP)
    kept["metadata"]["annotations"] = {
        "argocd.argoproj.io/tracking-id": f"models:inferops.dev/InferenceInstance:{world.namespace}/from-git"
    }
    world.apply(
        resource("ApiKey", "owner", scopes=["manage", "inference"]),
        build_instance("chat"),
        build_instance("priced"),
        build_instance("sleeper", scale=ASLEEP),
        build_instance("slow", env=[{"name": "ENGINE_TOKEN_DELAY", "value": "200ms"}]),
        build_instance("broken", env=[{"name": "ENGINE_CRASH", "value": OUT_OF_MEMORY}]),
        kept,
    )

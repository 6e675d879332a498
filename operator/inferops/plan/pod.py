"""The pods of an instance: what every engine has in common."""

from inferops.errors import SpecError
from inferops.names import ENGINE_CONTAINER, HTTP_PORT, Manifest
from inferops.plan.cache import CACHE_MOUNT, plan_cache_volume
from inferops.plan.engines import Engine, plan_engine
from inferops.plan.labels import region_selector
from inferops.plan.probes import plan_probes
from inferops.plan.types import Resolved
from inferops.specs.base import Spec
from inferops.specs.catalog import RegionSpec
from inferops.specs.scaling import RegionScale

PRE_STOP_SECONDS = 5
"""How long an ending pod still answers: the gateway must have stopped sending before the engine refuses work."""
HOME = "/tmp/home"  # noqa: S108 - a pod's /tmp is its own
WRITABLE = {"HOME": HOME, "XDG_CACHE_HOME": CACHE_MOUNT, "HF_HOME": f"{CACHE_MOUNT}/huggingface"}
"""Where libraries may write. HF_HOME too: images set it to places that our user cannot write."""
NAMELESS = {"USER": "inferops", "LOGNAME": "inferops"}
"""PyTorch asks who it is; a user without an entry in /etc/passwd makes that an error."""


def plan_pod(resolved: Resolved, scale: RegionScale, region: RegionSpec) -> Manifest:
    """The pod's spec: restricted Pod Security, no rights in the cluster, time to drain."""
    engine = plan_engine(resolved)
    return {
        "automountServiceAccountToken": False,
        # a Service called "vllm" would set VLLM_PORT=tcp://..., which breaks the engine
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": PRE_STOP_SECONDS + resolved.spec.rollout.drain_seconds + 10,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": engine.user,
            "runAsGroup": engine.user,
            "fsGroup": engine.user,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [plan_container(resolved, engine)],
        "volumes": [
            {"name": "tmp", "emptyDir": {}},
            # without a limit of its own it may grow to the pod's memory limit, which tensor parallelism needs
            {"name": "shm", "emptyDir": {"medium": "Memory"}},
            plan_cache_volume(resolved),
            *engine.volumes,
        ],
        **({"imagePullSecrets": [{"name": resolved.pull_secret}]} if resolved.pull_secret else {}),
        **plan_placement(resolved, scale, region),
    }


def plan_placement(resolved: Resolved, scale: RegionScale, region: RegionSpec) -> Manifest:
    """Which nodes take the pod: those of the region with the hardware, preferably each another one."""
    hardware = resolved.hardware
    spread = {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": region_selector(resolved, scale.region)},
    }
    placement: Manifest = {"topologySpreadConstraints": [spread]}
    if selector := plan_node_selector(region.node_selector or {}, hardware.node_selector or {}):
        placement["nodeSelector"] = selector
    if hardware.tolerations:
        placement["tolerations"] = [as_manifest(toleration) for toleration in hardware.tolerations]
    if hardware.runtime_class_name:
        placement["runtimeClassName"] = hardware.runtime_class_name
    return placement


def plan_node_selector(region: dict[str, str], hardware: dict[str, str]) -> dict[str, str]:
    """Nodes that are in the region and have the hardware."""
    for key, value in region.items():
        if hardware.get(key, value) != value:
            raise SpecError(
                f'no node can match: the region selects {key}="{value}", the hardware {key}="{hardware[key]}";'
                " choose another hardware or region",
                reason="NodeSelectorConflict",
            )
    return region | hardware


def plan_container(resolved: Resolved, engine: Engine) -> Manifest:
    """The engine's container."""
    model, spec = resolved.model, resolved.spec
    args = [*engine.args, *((model.args if model else None) or []), *(spec.args or [])]
    return {
        "name": ENGINE_CONTAINER,
        "image": resolved.image,
        **({"command": spec.command} if spec.command else {}),
        **({"args": args} if args else {}),
        "env": plan_env(resolved, engine),
        "ports": [{"name": HTTP_PORT, "containerPort": resolved.port, "protocol": "TCP"}],
        "resources": plan_resources(resolved),
        **plan_probes(resolved, engine),
        "lifecycle": {"preStop": {"sleep": {"seconds": PRE_STOP_SECONDS}}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": engine.read_only_root,
            "capabilities": {"drop": ["ALL"]},
        },
        "terminationMessagePolicy": "FallbackToLogsOnError",  # the last lines of a crash, for the status
        "volumeMounts": [
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - a pod's /tmp is its own
            {"name": "shm", "mountPath": "/dev/shm"},  # noqa: S108 - likewise
            {"name": "cache", "mountPath": CACHE_MOUNT},
            *engine.mounts,
        ],
    }


def plan_env(resolved: Resolved, engine: Engine) -> list[Manifest]:
    """Our variables, the engine's, the model's, the instance's; of two with one name the later counts."""
    given = [*((resolved.model.env if resolved.model else None) or []), *(resolved.spec.env or [])]
    ours = [{"name": name, "value": value} for name, value in (WRITABLE | NAMELESS).items()]
    every = [*ours, *engine.env, *(as_manifest(variable) for variable in given)]
    return list({variable["name"]: variable for variable in every}.values())


def plan_resources(resolved: Resolved) -> Manifest:
    """GPUs and memory are limits as well as requests; CPU has no limit, since throttling only makes answers late."""
    hardware = resolved.hardware
    limits = {"memory": hardware.memory}
    if hardware.gpu:
        limits[hardware.gpu.resource_name] = str(hardware.gpu.count)
    return {"requests": {"cpu": hardware.cpu, **limits}, "limits": limits}


def as_manifest(spec: Spec) -> Manifest:
    """A piece of a pod that the user wrote, as Kubernetes spells it."""
    return spec.model_dump(by_alias=True, exclude_none=True)

"""What a pod's status says of its containers."""

from inferops.names import ENGINE_CONTAINER, Manifest


def name_of(pod: Manifest) -> str:
    """Name of a pod."""
    return str(pod["metadata"]["name"])


def node_of(pod: Manifest) -> str:
    """Name of its node; empty before it has one."""
    return str((pod.get("spec") or {}).get("nodeName") or "")


def containers(pod: Manifest) -> list[Manifest]:
    """Statuses of the pod's containers: unfinished init containers, then the engine, then sidecars."""
    own = (pod.get("status") or {}).get("containerStatuses") or []
    return [*unfinished_inits(pod), *sorted(own, key=lambda c: bool(c["name"] != ENGINE_CONTAINER))]


def unfinished_inits(pod: Manifest) -> list[Manifest]:
    """Statuses of the init containers that keep the pod from starting; a sidecar that has started is none."""
    specs = (pod.get("spec") or {}).get("initContainers") or []
    sidecars = {each["name"] for each in specs if each.get("restartPolicy") == "Always"}
    inits = (pod.get("status") or {}).get("initContainerStatuses") or []
    waiting = [each for each in inits if not (each["name"] in sidecars and each.get("started"))]
    return [each for each in waiting if state(each, "terminated").get("exitCode") != 0]


def state(container: Manifest, which: str) -> Manifest:
    """One of a container's states: waiting, running or terminated; empty where it is not in it."""
    found: Manifest = (container.get("state") or {}).get(which) or {}
    return found


def last_end(container: Manifest) -> Manifest:
    """How a container that does not answer ended last; empty where it never ended."""
    if container.get("ready"):
        return {}
    ended: Manifest = state(container, "terminated") or (container.get("lastState") or {}).get("terminated") or {}
    return ended


def again(container: Manifest) -> str:
    """Whether that happened before, to follow a verb. The count itself would tick."""
    return " again and again" if container.get("restartCount", 0) > 1 else ""


def spec_of(pod: Manifest, container: Manifest) -> Manifest:
    """The container as the pod's spec has it."""
    spec = pod.get("spec") or {}
    every = [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]
    return next((each for each in every if each.get("name") == container["name"]), {})


def title(pod: Manifest, container: Manifest) -> str:
    """How a sentence about the container begins."""
    inits = (pod.get("spec") or {}).get("initContainers") or []
    init = any(each.get("name") == container["name"] for each in inits)
    return f"{'Init container' if init else 'Container'} {container['name']} of pod {name_of(pod)}"


def log_command(pod: Manifest, container: Manifest) -> str:
    """What shows the container's log."""
    return f"kubectl logs -n {pod['metadata']['namespace']} {name_of(pod)} -c {container['name']}"

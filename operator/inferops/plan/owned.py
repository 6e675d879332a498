"""What spec.podTemplate cannot take away: without it the pods would not be found, not be asked, or lie open.

Everything else is the user's, security contexts too: those are for the namespace's Pod Security standard to refuse.
"""

from collections.abc import Iterator

from inferops.errors import SpecError, join_problems
from inferops.names import ENGINE_CONTAINER, HTTP_PORT, Manifest

ENGINE = f"spec.containers[{ENGINE_CONTAINER}]"


def check_owned(patched: Manifest, template: Manifest) -> None:
    """Raise SpecError PodTemplateConflict for all that a patch changed and may not."""
    problems = [*find_labels(patched, template), *find_container(patched, template), *find_pod(patched, template)]
    if problems:
        raise join_problems(problems)


def find_labels(patched: Manifest, template: Manifest) -> Iterator[SpecError]:
    """Deployments, Services, NetworkPolicies and we ourselves find pods by their labels."""
    labels = (patched.get("metadata") or {}).get("labels") or {}
    for key, value in template["metadata"]["labels"].items():
        if labels.get(key) != value:
            yield owned(f"metadata.labels[{key}]", f'pods are found by it; it stays "{value}"')


def find_container(patched: Manifest, template: Manifest) -> Iterator[SpecError]:
    """The engine, its port under its name, and the probe that says when requests may come."""
    containers = (patched.get("spec") or {}).get("containers") or []
    engine = next((container for container in containers if container.get("name") == ENGINE_CONTAINER), None)
    if engine is None:
        yield owned(ENGINE, "it is the container that serves the model")
        return
    ours = template["spec"]["containers"][0]
    for port in ours["ports"]:
        if port not in (engine.get("ports") or []):
            path = f"{ENGINE}.ports[{port['containerPort']}]"
            yield owned(path, "the gateway and the probes use it; change spec.containerPort instead")
    if "readinessProbe" in ours and not engine.get("readinessProbe"):
        yield owned(f"{ENGINE}.readinessProbe", "requests would come while the model still loads; change it instead")
    for container in containers:
        names = {port.get("name") for port in container.get("ports") or []}
        if container is not engine and HTTP_PORT in names:
            path = f"spec.containers[{container.get('name')}].ports"
            yield owned(path, f'the port name "{HTTP_PORT}" is the engine\'s; choose another one')


def find_pod(patched: Manifest, template: Manifest) -> Iterator[SpecError]:
    """The pod's own network, behind its NetworkPolicy, and the time to finish its answers."""
    spec = patched.get("spec") or {}
    if spec.get("hostNetwork"):
        yield owned("spec.hostNetwork", "no NetworkPolicy holds there: anybody could ask the engine past the keys")
    planned = template["spec"].get("terminationGracePeriodSeconds", 0)
    given = spec.get("terminationGracePeriodSeconds", 0)
    if isinstance(given, int) and given < planned:
        path, why = "spec.terminationGracePeriodSeconds", f"open answers need {planned}"
        yield owned(path, f"{why}; set spec.rollout.drainSeconds for less, or more than that here")


def owned(path: str, why: str) -> SpecError:
    """The error for a patch of what the operator owns."""
    return SpecError(f"spec.podTemplate.{path} cannot be changed: {why}", reason="PodTemplateConflict")

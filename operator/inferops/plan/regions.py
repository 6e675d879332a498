"""What is seen of each region of an instance."""

from dataclasses import replace
from typing import NamedTuple

from inferops.errors import SpecError
from inferops.names import REGION_LABEL, Manifest, region_name
from inferops.plan.conditions import find_condition
from inferops.plan.diagnosis import (
    IMAGE_REASONS,
    Evidence,
    Finding,
    diagnose,
    diagnose_deployment,
    lost_predecessor,
    no_room,
    thrown_out,
)
from inferops.plan.resolve import hardware_name
from inferops.plan.types import InstanceInputs, Observed, Plan, Resolved

REFUSALS = {
    *("Unauthorized", "NotFound", "Unreachable", "TLSFailed", "SecretNotFound", "KeyMissing", "InvalidSecret"),
    "NoNodeFits",
}
"""Reasons of a Registry's conditions Verified and Runnable that explain why an image does not come."""


WAITING_FOR_ROOM = Finding("WaitingForRoom", "A new pod waits till its predecessor has ended.", stuck=False)
"""An update without surge: the predecessor still holds the GPU."""


class RegionView(NamedTuple):
    """One region."""

    region: str
    ready: int
    desired: int
    updating: bool
    """True: some pods are not yet what the Deployment asks for."""
    finding: Finding | None
    cramped: Finding | None = None
    """Why no replica could start, where it sleeps."""

    @property
    def stuck(self) -> bool:
        """Whether something is wrong that does not mend itself."""
        return self.finding is not None and self.finding.stuck


def view_regions(inputs: InstanceInputs, outcome: Plan | SpecError, observed: Observed) -> list[RegionView]:
    """All regions of the spec, in its order."""
    regions = (inputs.obj.get("spec") or {}).get("regions") or []
    return [view_region(inputs, outcome, observed, region["region"]) for region in regions if "region" in region]


def view_region(inputs: InstanceInputs, outcome: Plan | SpecError, observed: Observed, region: str) -> RegionView:
    """One region. Ending pods count for nothing; pods of an older template count while they answer."""
    meta = inputs.obj["metadata"]
    name = region_name(meta["namespace"], meta["name"], region)
    deployment = observed.deployments.get(name)
    here = [pod for pod in observed.pods if pod["metadata"]["labels"].get(REGION_LABEL) == region]
    pods = [pod for pod in here if is_alive(pod)]
    waiting = [pod for pod in pods if not is_ready(pod)]
    desired = desired_replicas(name, deployment, outcome)
    evidence = evidence_here(observed, outcome, region)
    finding = find_trouble(here, desired, deployment, evidence) if desired else None
    return RegionView(
        region=region,
        ready=len(pods) - len(waiting),
        desired=desired,
        updating=is_updating(deployment),
        finding=blame_registry(inputs, finding),
        cramped=find_cramp(inputs, outcome, evidence, region) if not desired else None,
    )


def find_cramp(inputs: InstanceInputs, outcome: Plan | SpecError, evidence: Evidence, region: str) -> Finding | None:
    """Why no replica could start in a region that has room for none on the hardware, by its own count."""
    if isinstance(outcome, SpecError) or region not in cramped_regions(inputs, outcome.resolved):
        return None
    name = region_name(outcome.resolved.namespace, outcome.resolved.name, region)
    deployment = next(obj for obj in outcome.objects if (obj["kind"], obj["metadata"]["name"]) == ("Deployment", name))
    return no_room(deployment["spec"]["template"]["spec"], evidence)


def cramped_regions(inputs: InstanceInputs, resolved: Resolved) -> list[str]:
    """Regions without room for another replica. None where nodes come when pods ask for them."""
    if resolved.settings.node_autoscaling or resolved.spec.stopped:
        return []
    hardware, _ = hardware_name(resolved.spec, resolved.model)
    names = [scale.region for scale, _ in resolved.regions]
    return [name for name in names if read_capacity(inputs.named["Region", name], hardware) == 0]


def read_capacity(region: Manifest, hardware: str | None) -> int | None:
    """What a Region counted last; None before its first count."""
    capacities = (region.get("status") or {}).get("capacities") or []
    return next((int(each["capacity"]) for each in capacities if each["hardware"] == hardware), None)


def find_trouble(here: list[Manifest], desired: int, deployment: Manifest | None, evidence: Evidence) -> Finding | None:
    """The gravest that the pods, those before them and the Deployment show."""
    alive, ending = [pod for pod in here if is_alive(pod)], [pod for pod in here if is_ending(pod)]
    waiting = [pod for pod in alive if not is_ready(pod)]
    finding = diagnose(waiting, evidence)
    if finding and finding.reason in {"Unschedulable", "NodesTainted"} and ending:
        room = WAITING_FOR_ROOM if finding.reason == "Unschedulable" else finding
        return lost_predecessor(ending, evidence) or room
    if finding and finding.stuck:
        return finding
    refused = diagnose_deployment(deployment) if len(alive) < desired else None
    over = [pod for pod in here if pod not in alive and pod not in ending]
    return refused or (thrown_out(waiting, over) if waiting else None) or finding


def evidence_here(observed: Observed, outcome: Plan | SpecError, region: str) -> Evidence:
    """The evidence, with who asks for which label of a node."""
    if isinstance(outcome, SpecError):
        return observed.evidence
    resolved = outcome.resolved
    hardware, _ = hardware_name(resolved.spec, resolved.model)
    asked_by = dict.fromkeys(resolved.hardware.node_selector or {}, f'Hardware "{hardware}"')
    for scale, spec in resolved.regions:
        if scale.region == region:
            asked_by |= dict.fromkeys(spec.node_selector or {}, f'Region "{region}"')
    patch = ((resolved.spec.pod_template or {}).get("spec") or {}).get("nodeSelector") or {}
    asked_by |= dict.fromkeys(patch, "spec.podTemplate")
    return replace(observed.evidence, asked_by=asked_by)


def desired_replicas(name: str, deployment: Manifest | None, outcome: Plan | SpecError) -> int:
    """How many pods there should be now, by whoever decides on it."""
    if deployment is not None:
        return int((deployment.get("spec") or {}).get("replicas", 1))
    return 0 if isinstance(outcome, SpecError) else outcome.replicas[name].initial


def is_updating(deployment: Manifest | None) -> bool:
    """Whether the Deployment's controller still has something to do (kubectl rollout status)."""
    if deployment is None:
        return False
    status, wanted = deployment.get("status") or {}, (deployment.get("spec") or {}).get("replicas", 1)
    seen = status.get("observedGeneration", 0) >= deployment["metadata"].get("generation", 0)
    return not seen or status.get("updatedReplicas", 0) < wanted or status.get("replicas", 0) > wanted


def is_alive(pod: Manifest) -> bool:
    """Whether the pod is neither ending nor over."""
    return not is_ending(pod) and (pod.get("status") or {}).get("phase") not in {"Succeeded", "Failed"}


def is_ending(pod: Manifest) -> bool:
    """Whether the pod was told to end."""
    return bool(pod["metadata"].get("deletionTimestamp"))


def is_ready(pod: Manifest) -> bool:
    """Whether requests go to the pod."""
    condition = find_condition(pod, "Ready")
    return condition is not None and condition["status"] == "True"


def blame_registry(inputs: InstanceInputs, finding: Finding | None) -> Finding | None:
    """Where the image does not come and the Registry has been asked: its own answer instead of the kubelet's."""
    problem = registry_problem(inputs)
    if finding is None or finding.reason not in IMAGE_REASONS or problem is None:
        return finding
    return problem


def registry_problem(inputs: InstanceInputs) -> Finding | None:
    """What keeps the instance's Registry, or the image that it names, from being used."""
    spec = inputs.obj.get("spec") or {}
    name, own_image = spec.get("registry"), spec.get("image") or spec.get("model")
    for kind in ("Verified",) if own_image else ("Verified", "Runnable"):
        found = find_condition(inputs.named.get(("Registry", name)), kind) if name else None
        if found and found["status"] == "False" and found["reason"] in REFUSALS:
            return Finding(f"Registry{found['reason']}", f'Registry "{name}": {found["message"]}', stuck=True)
    return None

"""The Deployment of an instance in one region."""

from inferops.names import Manifest, region_name
from inferops.plan.labels import child_labels, child_metadata, region_selector
from inferops.plan.pod import plan_pod
from inferops.plan.pod_template import patch_pod_template
from inferops.plan.probes import STARTUP_SECONDS
from inferops.plan.types import Resolved
from inferops.specs.catalog import RegionSpec
from inferops.specs.scaling import RegionScale

REVISIONS = 3


def plan_deployment(resolved: Resolved, scale: RegionScale, region: RegionSpec) -> Manifest:
    """Everything but `replicas`: who owns that field is decided by plan_replicas()."""
    name = region_name(resolved.namespace, resolved.name, scale.region)
    template = {
        "metadata": {"labels": child_labels(resolved, "engine", scale.region)},
        "spec": plan_pod(resolved, scale, region),
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": child_metadata(resolved, name, "engine", scale.region),
        "spec": {
            "revisionHistoryLimit": REVISIONS,
            "progressDeadlineSeconds": STARTUP_SECONDS,
            "selector": {"matchLabels": region_selector(resolved, scale.region)},
            "strategy": plan_strategy(resolved),
            "template": patch_pod_template(template, resolved.spec.pod_template),
        },
    }


def plan_strategy(resolved: Resolved) -> Manifest:
    """How pods are replaced.

    Without surge one pod at a time ends before its successor starts: an update never asks for a GPU, or for a volume
    that only one node may mount, beyond those that the instance has, and the other replicas keep answering meanwhile,
    as they would not with Kubernetes' own Recreate.
    """
    strategy = resolved.spec.rollout.strategy
    scarce = resolved.hardware.gpu is not None or resolved.spec.cache is not None
    surge = strategy == "Surge" or (strategy == "Auto" and not scarce)
    numbers = {"maxSurge": 1, "maxUnavailable": 0} if surge else {"maxSurge": 0, "maxUnavailable": 1}
    return {"type": "RollingUpdate", "rollingUpdate": numbers}

"""How many pods a node drain may take at once."""

from inferops.names import Manifest
from inferops.plan.labels import child_metadata, instance_selector
from inferops.plan.types import Resolved


def plan_disruption_budget(resolved: Resolved) -> list[Manifest]:
    """One at a time. None for a single replica: it would only keep the node from being drained."""
    if resolved.max_replicas < 2:
        return []
    return [
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": child_metadata(resolved, resolved.id, "engine"),
            "spec": {
                "maxUnavailable": 1,
                "selector": {"matchLabels": instance_selector(resolved)},
                # pods that do not answer anyway must not keep a node from being drained
                "unhealthyPodEvictionPolicy": "AlwaysAllow",
            },
        }
    ]

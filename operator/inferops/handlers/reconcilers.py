"""Which function reconciles which kind."""

from collections.abc import Mapping

from inferops.handlers.worker import Reconciler
from inferops.reconcile.apikey import ApiKeyReconciler
from inferops.reconcile.instance import InstanceReconciler
from inferops.reconcile.region import reconcile_region
from inferops.reconcile.registry import RegistryReconciler

RECONCILERS: Mapping[str, Reconciler] = {
    "InferenceInstance": InstanceReconciler(),
    "Registry": RegistryReconciler(),
    "ApiKey": ApiKeyReconciler(),
    "Region": reconcile_region,
}
"""Models and Hardwares only make others look again."""

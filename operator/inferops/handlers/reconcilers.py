"""Which function reconciles which kind."""

from collections.abc import Mapping

from inferops.handlers.worker import Reconciler
from inferops.reconcile.apikey import reconcile_apikey
from inferops.reconcile.instance import reconcile_instance
from inferops.reconcile.region import reconcile_region
from inferops.reconcile.registry import RegistryReconciler

RECONCILERS: Mapping[str, Reconciler] = {
    "InferenceInstance": reconcile_instance,
    "Registry": RegistryReconciler(),
    "ApiKey": reconcile_apikey,
    "Region": reconcile_region,
}
"""Models and Hardwares only make others look again."""

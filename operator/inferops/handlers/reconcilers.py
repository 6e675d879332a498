"""Which function reconciles which kind."""

from collections.abc import Mapping

from inferops.handlers.worker import Reconciler
from inferops.reconcile.apikey import reconcile_apikey
from inferops.reconcile.instance import reconcile_instance
from inferops.reconcile.registry import RegistryReconciler

RECONCILERS: Mapping[str, Reconciler] = {
    "InferenceInstance": reconcile_instance,
    "Registry": RegistryReconciler(),
    "ApiKey": reconcile_apikey,
}
"""The other kinds are the catalog: they only make instances look again."""

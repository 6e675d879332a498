"""An operator as kopf's documentation teaches it: handlers of creation and update that write the children.

`kopf run` loads this file. The children are those of our own plan, written by server-side apply with the official
client; kopf writes the status and its own annotation. As bench/peer it watches no children.
"""

from typing import Any

import kopf
from kubernetes import config, dynamic
from kubernetes.client import ApiClient

from bench.operator.template import Sample, fill, read_template

TEMPLATE = read_template()
config.load_kube_config()
CLIENT = dynamic.DynamicClient(ApiClient())


@kopf.on.startup()
def configure(settings: kopf.OperatorSettings, **_: Any) -> None:
    """No Kubernetes events: ours writes none here either."""
    settings.posting.enabled = False


@kopf.on.create("inferops.dev", "v1alpha1", "inferenceinstances")
@kopf.on.update("inferops.dev", "v1alpha1", "inferenceinstances")
def apply_children(body: kopf.Body, patch: kopf.Patch, **_: Any) -> None:
    """All children, then the status."""
    metadata = body["metadata"]
    template = fill(TEMPLATE, Sample(metadata["namespace"], metadata["name"], metadata["uid"]))
    for manifest in template["objects"]:
        resource = CLIENT.resources.get(api_version=manifest["apiVersion"], kind=manifest["kind"])
        resource.server_side_apply(manifest, field_manager="peer", force_conflicts=True)
    patch.status.update({**template["status"], "observedGeneration": metadata["generation"]})

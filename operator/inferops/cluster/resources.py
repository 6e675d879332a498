"""The kinds that inferops reads and writes, and where the API server keeps them: a closed list, so nothing is
discovered at run time.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from inferops.names import API_VERSION


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind and its place in the API."""

    kind: str
    api_version: str
    plural: str
    namespaced: bool = True

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """URL path of the collection, of one object or of its subresource; an empty namespace means all of them."""
        root = "/api" if "/" not in self.api_version else "/apis"
        parts = [root, self.api_version]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        return "/".join([*parts, self.plural, *filter(None, (name, subresource))])

    def places(self, namespaces: Sequence[str]) -> Sequence[str]:
        """Where its objects are looked for, each by a watch of its own: these namespaces, or "" for all."""
        return (namespaces if self.namespaced else ()) or ("",)


OUR_KINDS = ("InferenceInstance", "Registry", "ApiKey", "Model", "Hardware", "Region")
"""What users write."""

_RESOURCES = [
    Resource("InferenceInstance", API_VERSION, "inferenceinstances"),
    Resource("Registry", API_VERSION, "registries"),
    Resource("ApiKey", API_VERSION, "apikeys"),
    Resource("Model", API_VERSION, "models", namespaced=False),
    Resource("Hardware", API_VERSION, "hardwares", namespaced=False),
    Resource("Region", API_VERSION, "regions", namespaced=False),
    Resource("Deployment", "apps/v1", "deployments"),
    Resource("Pod", "v1", "pods"),
    Resource("Service", "v1", "services"),
    Resource("Secret", "v1", "secrets"),
    Resource("Ingress", "networking.k8s.io/v1", "ingresses"),
    Resource("HTTPRoute", "gateway.networking.k8s.io/v1", "httproutes"),
    Resource("ReferenceGrant", "gateway.networking.k8s.io/v1beta1", "referencegrants"),
    Resource("NetworkPolicy", "networking.k8s.io/v1", "networkpolicies"),
    Resource("PodDisruptionBudget", "policy/v1", "poddisruptionbudgets"),
    Resource("EndpointSlice", "discovery.k8s.io/v1", "endpointslices"),
    Resource("Event", "v1", "events"),
    Resource("Node", "v1", "nodes", namespaced=False),
    Resource("Namespace", "v1", "namespaces", namespaced=False),
    Resource("PersistentVolumeClaim", "v1", "persistentvolumeclaims"),
    Resource("ScaledObject", "keda.sh/v1alpha1", "scaledobjects"),
    Resource("Lease", "coordination.k8s.io/v1", "leases"),
    Resource("CustomResourceDefinition", "apiextensions.k8s.io/v1", "customresourcedefinitions", namespaced=False),
    Resource(
        "ValidatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1",
        "validatingwebhookconfigurations",
        namespaced=False,
    ),
    # read one by one, by `inferops explain` and `inferops doctor` mostly: no process keeps these
    Resource("ConfigMap", "v1", "configmaps"),
    Resource("ReplicaSet", "apps/v1", "replicasets"),
    Resource("HorizontalPodAutoscaler", "autoscaling/v2", "horizontalpodautoscalers"),
    Resource("ClusterRole", "rbac.authorization.k8s.io/v1", "clusterroles", namespaced=False),
    Resource("IngressClass", "networking.k8s.io/v1", "ingressclasses", namespaced=False),
    Resource("StorageClass", "storage.k8s.io/v1", "storageclasses", namespaced=False),
    Resource("GatewayClass", "gateway.networking.k8s.io/v1", "gatewayclasses", namespaced=False),
    Resource("APIService", "apiregistration.k8s.io/v1", "apiservices", namespaced=False),
]
RESOURCES: dict[str, Resource] = {resource.kind: resource for resource in _RESOURCES}

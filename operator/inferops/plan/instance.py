"""Everything that an instance owns, in the order in which it is applied: the table of contents of this package."""

from inferops.names import Manifest, region_name
from inferops.plan.cache import plan_cache_claim
from inferops.plan.deployment import plan_deployment
from inferops.plan.disruption import plan_disruption_budget
from inferops.plan.http_route import plan_http_route
from inferops.plan.ingress import plan_ingress
from inferops.plan.network import plan_network_policy
from inferops.plan.resolve import resolve_instance
from inferops.plan.scaling import plan_replicas, plan_scaled_object
from inferops.plan.service import plan_gateway_service, plan_service
from inferops.plan.types import InstanceInputs, Plan, Replicas
from inferops.settings import Settings


def plan_instance(inputs: InstanceInputs, settings: Settings) -> Plan:
    """The desired objects of an instance. Raises SpecError where the user's input cannot be served."""
    resolved = resolve_instance(inputs, settings)
    objects: list[Manifest] = [
        *plan_network_policy(resolved),  # before the first pod, which must never stand open
        *plan_cache_claim(resolved),
        plan_service(resolved),
        *plan_gateway_service(resolved),
        *plan_ingress(resolved),
        *plan_http_route(resolved, inputs),
        *plan_disruption_budget(resolved),
    ]
    replicas: dict[str, Replicas] = {}
    for scale, region in resolved.regions:
        replicas[region_name(resolved.namespace, resolved.name, scale.region)] = plan_replicas(resolved, scale.scale)
        objects.append(plan_deployment(resolved, scale, region))
        objects.extend(plan_scaled_object(resolved, scale))  # KEDA refuses one whose Deployment does not exist
    return Plan(objects=objects, replicas=replicas, resolved=resolved)

"""Carries a plan out: every object in order, what is no longer planned goes, and a stop that nothing stands against."""

from inferops.cluster.cluster import Cluster
from inferops.cluster.store import name_of
from inferops.errors import Conflict, Rejected, SpecError
from inferops.names import Manifest
from inferops.plan.image_volumes import is_image, mounts_image, refuse_image_volume
from inferops.plan.instance import plan_instance
from inferops.plan.refusals import explain_refusal
from inferops.plan.stop import is_stopped, plan_stop
from inferops.plan.types import InstanceInputs, Plan
from inferops.settings import Settings

KIND_GOES = "while custom resource definition is terminating"
"""How the API server refuses a new object of a kind that is being deleted."""


async def carry_out(
    cluster: Cluster, inputs: InstanceInputs, settings: Settings
) -> tuple[Plan | SpecError, Rejected | None]:
    """Plan and apply. A user's mistake changes nothing: what runs keeps running, unless it is to stop. A refusal of the
    API server ends the order of application, and is told and tried again.
    """
    outcome, rejected = await apply_planned(cluster, inputs, settings)
    failed = rejected is not None or isinstance(outcome, SpecError)
    if failed and is_stopped(inputs.obj, outcome) and not inputs.obj["metadata"].get("deletionTimestamp"):
        try:
            await apply_stop(cluster, inputs, settings)
        except Rejected as error:
            rejected = rejected or error
    return outcome, rejected


async def apply_planned(
    cluster: Cluster, inputs: InstanceInputs, settings: Settings
) -> tuple[Plan | SpecError, Rejected | None]:
    """The plan, or why there is none; and what the API server has against it."""
    try:
        plan = plan_instance(inputs, settings)
        if not inputs.obj["metadata"].get("deletionTimestamp"):
            await check_image_volumes(cluster, plan)
            await apply_plan(cluster, inputs.obj, plan, settings)
    except SpecError as error:
        return error, None
    except Rejected as error:
        mistake = explain_refusal(plan, error)
        return (mistake, None) if mistake else (plan, error)
    return plan, None


async def check_image_volumes(cluster: Cluster, plan: Plan) -> None:
    """Raise SpecError where the weights are in an image and the API server would drop it from the pods: they would
    start without a model. It is asked until the first Deployment is there.
    """
    model = plan.resolved.model
    if model is None or not is_image(model.source):
        return
    deployments = [manifest for manifest in plan.objects if manifest["kind"] == "Deployment"]
    store = cluster.stores["Deployment"]
    if all(mounts_image(store.get(*name_of(manifest))) for manifest in deployments):
        return
    if not mounts_image(await cluster.client.apply(deployments[0], dry_run=True)):
        why = "its API server knows no image volumes"
        raise refuse_image_volume(plan.resolved.spec.model or "", model.source or "", why)


async def apply_plan(cluster: Cluster, obj: Manifest, plan: Plan, settings: Settings) -> None:
    """Everything planned, in order; then what the plan no longer names goes. A volume that cannot grow keeps nothing
    else from being applied.
    """
    refused: Rejected | None = None
    for manifest in plan.objects:
        try:
            if manifest["kind"] == "Deployment":
                await cluster.apply_deployment(manifest, plan.replicas[manifest["metadata"]["name"]])
            elif manifest["kind"] == "ScaledObject":
                await apply_scaled_object(cluster, manifest, settings)
            else:
                await cluster.apply(manifest)
        except Rejected as error:
            if manifest["kind"] != "PersistentVolumeClaim" or plan.resolved.claim is None:
                raise
            refused = error
    await cluster.prune(obj["metadata"]["uid"], plan.keep)
    if refused:
        raise refused


async def apply_scaled_object(cluster: Cluster, manifest: Manifest, settings: Settings) -> None:
    """As apply, but a new one is made only once control's scaler serves: see lacks_scaled_object().

    Raises Conflict where the kind itself is being deleted, so that no new one can be made: another look goes without
    KEDA.
    """
    known = cluster.stores["ScaledObject"].get(*name_of(manifest)) is not None
    if not known and not await cluster.scaler.allows(settings.scaler):
        return
    try:
        await cluster.apply(manifest)
    except Rejected as error:
        if KIND_GOES not in str(error):
            raise
        cluster.stores["ScaledObject"].served = False
        raise Conflict(str(error), error.status) from error


def lacks_scaled_object(cluster: Cluster, outcome: Plan | SpecError) -> bool:
    """Whether one that is planned is still to be made."""
    planned = outcome.objects if isinstance(outcome, Plan) else ()
    store = cluster.stores["ScaledObject"]
    return any(each["kind"] == "ScaledObject" and store.get(*name_of(each)) is None for each in planned)


async def apply_stop(cluster: Cluster, inputs: InstanceInputs, settings: Settings) -> None:
    """No pod of the instance stays; pod templates are left as they are."""
    meta = inputs.obj["metadata"]
    pauses = {scaled["metadata"]["name"]: scaled for scaled in plan_stop(inputs, settings)}
    for deployment in cluster.stores["Deployment"].owned_by(meta["uid"]):
        name = deployment["metadata"]["name"]
        if name in pauses:
            await cluster.apply(pauses[name])
        elif (deployment.get("spec") or {}).get("replicas") != 0:  # no KEDA, or a region that the spec no longer names
            await cluster.client.delete("ScaledObject", meta["namespace"], name)
            zero = {"spec": {"replicas": 0}}
            await cluster.client.patch("Deployment", meta["namespace"], name, zero, subresource="scale")

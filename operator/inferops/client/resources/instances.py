"""Instances: models that answer."""

from collections.abc import Mapping

from inferops.client.call import Call, build_params, encode, nothing, one, path_of, several
from inferops.client.operation import ClientT_co, Operation, Pages, Procedure, Resource, Stream
from inferops.client.waiting import wait_for_instance
from inferops.rest.events import Event
from inferops.rest.explanations import Explanation
from inferops.rest.instances import Instance, InstanceCreate, InstanceDetail, InstancePatch
from inferops.rest.logs import LogLine
from inferops.rest.pricing import PricedRegion, PricedScale, Pricing, PricingRequest

YAML = {"accept": "application/yaml"}


def list_instances(
    *,
    name: str | None = None,
    status: str | None = None,
    model_id: str | None = None,
    hardware_id: str | None = None,
    region_id: int | None = None,
) -> Call[list[Instance]]:
    """Those of the namespace, or those with exactly these values."""
    params = build_params(name=name, status=status, modelId=model_id, hardwareId=hardware_id, regionId=region_id)
    return Call("GET", "/instances", several(Instance), params=params, repeatable=True)


def get_instance(id: str) -> Call[InstanceDetail]:  # noqa: A002 - its name in the API
    """One, with its regions."""
    return Call("GET", path_of("instances", id), one(InstanceDetail), repeatable=True)


def get_version(id: str) -> Call[str]:  # noqa: A002 - its name in the API
    """The version of its spec (ETag): asked for before `get`, it makes `update` safe against changes in between."""
    return Call("GET", path_of("instances", id), bytes.decode, header="etag", repeatable=True)


def get_manifest(id: str) -> Call[str]:  # noqa: A002 - its name in the API
    """Its custom resource in YAML, for kubectl or Git."""
    return Call("GET", path_of("instances", id), bytes.decode, headers=YAML, repeatable=True)


def create_instance(body: InstanceCreate) -> Call[Instance]:
    """A new one; see `wait` for when it answers."""
    return Call("POST", "/instances", one(Instance), body=encode(body), keyed=True)


def plan_creation(body: InstanceCreate) -> Call[str]:
    """The custom resource that `create` would make, in YAML. Nothing is made; what is wrong is raised as there."""
    params = build_params(dryRun=True)
    return Call("POST", "/instances", bytes.decode, params=params, headers=YAML, body=encode(body), repeatable=True)


def update_instance(
    id: str,  # noqa: A002 - its name in the API
    body: InstancePatch,
    *,
    if_match: str = "",
    force: bool = False,
    wait: int = 0,
) -> Call[Instance]:
    """Changes what `body` names; the answer is its state when nothing goes on any more, or after `wait` seconds
    (at most 600). Raises Conflict where its version is another than `if_match`, or GitOps owns it and is not forced.
    """
    params = build_params(force=force or None, wait=True if wait else None, timeout=wait or None)
    headers = {"if-match": if_match} if if_match else {}
    path, content = path_of("instances", id), encode(body)
    return Call("PATCH", path, one(Instance), params=params, headers=headers, body=content, wait=wait)


def plan_update(
    id: str,  # noqa: A002 - its name in the API
    body: InstancePatch,
    *,
    if_match: str = "",
    force: bool = False,
) -> Call[str]:
    """The custom resource as `update` would leave it, in YAML. Nothing is changed; what is wrong is raised as there."""
    headers = YAML | ({"if-match": if_match} if if_match else {})
    params, path, content = build_params(force=force or None, dryRun=True), path_of("instances", id), encode(body)
    return Call("PATCH", path, bytes.decode, params=params, headers=headers, body=content, repeatable=True)


def start_instance(id: str, *, force: bool = False) -> Call[None]:  # noqa: A002 - its name in the API
    """Runs a stopped instance."""
    params = build_params(force=force or None)
    return Call("POST", path_of("instances", id, "start"), nothing, params=params, repeatable=True)


def stop_instance(id: str, *, force: bool = False) -> Call[None]:  # noqa: A002 - its name in the API
    """No replicas, and requests are refused."""
    params = build_params(force=force or None)
    return Call("POST", path_of("instances", id, "stop"), nothing, params=params, repeatable=True)


def delete_instance(id: str, *, force: bool = False) -> Call[None]:  # noqa: A002 - its name in the API
    """Removes it and all that belongs to it."""
    return Call("DELETE", path_of("instances", id), nothing, params=build_params(force=force or None))


def price_instance(hardware_id: str, replicas: Mapping[int, int]) -> Call[Pricing]:
    """What it would cost with so many replicas at most (scale.max) in each region (by id)."""
    regions = [PricedRegion(region_id=region, scale=PricedScale(max=most)) for region, most in replicas.items()]
    body = encode(PricingRequest(hardware_id=hardware_id, auto_scaling_configurations=regions))
    return Call("POST", path_of("instances", "pricing"), one(Pricing), body=body, repeatable=True)


def explain_instance(id: str) -> Call[Explanation]:  # noqa: A002 - its name in the API
    """Why it answers or not, and what to do."""
    return Call("GET", path_of("instances", id, "explanation"), one(Explanation), repeatable=True)


def list_events(id: str) -> Call[list[Event]]:  # noqa: A002 - its name in the API
    """What happened to it and its objects."""
    return Call("GET", path_of("instances", id, "events"), several(Event), repeatable=True)


def read_logs(
    id: str,  # noqa: A002 - its name in the API
    *,
    pod: str | None = None,
    region_id: int | None = None,
    tail: int | None = None,
    since: str | None = None,
    previous: bool | None = None,
) -> Call[list[LogLine]]:
    """Lines of its pods, oldest first: the last `tail` (100) of all together, those since a moment (RFC 3339), those of
    the containers before their last restart.
    """
    params = build_params(pod=pod, regionId=region_id, tail=tail, since=since, previous=previous)
    return Call("GET", path_of("instances", id, "logs"), several(LogLine), params=params, repeatable=True)


def follow_logs(
    id: str,  # noqa: A002 - its name in the API
    *,
    pod: str | None = None,
    region_id: int | None = None,
    tail: int | None = None,
    since: str | None = None,
) -> Call[LogLine]:
    """The same, and on as they are written."""
    params = build_params(pod=pod, regionId=region_id, tail=tail, since=since, follow=True)
    return Call("GET", path_of("instances", id, "logs"), one(LogLine), params=params)


class Instances(Resource[ClientT_co]):
    """Instances of the namespace."""

    list = Operation(list_instances)
    iterate = Pages(list_instances)
    get = Operation(get_instance)
    version = Operation(get_version)
    manifest = Operation(get_manifest)
    create = Operation(create_instance)
    plan = Operation(plan_creation)
    update = Operation(update_instance)
    plan_update = Operation(plan_update)
    start = Operation(start_instance)
    stop = Operation(stop_instance)
    delete = Operation(delete_instance)
    wait = Procedure(wait_for_instance)
    price = Operation(price_instance)
    explain = Operation(explain_instance)
    events = Operation(list_events)
    logs = Operation(read_logs)
    follow_logs = Stream(follow_logs)

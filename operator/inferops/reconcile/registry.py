"""Registry: its pull Secret follows the user's password, and the registry itself says whether the password is right."""

from datetime import datetime

from inferops.cluster.cluster import Cluster
from inferops.errors import SpecError
from inferops.names import Manifest
from inferops.plan.images import parse_image
from inferops.plan.registry import DOCKER_CONFIG_KEY, plan_registry, read_login
from inferops.plan.registry_status import CHECK_SECONDS, RETRY_SECONDS, build_registry_status, seconds_to_check
from inferops.reconcile.distribution import Login, check_registry
from inferops.reconcile.queue import Key
from inferops.reconcile.secrets import decode, read_secret_key
from inferops.settings import Settings
from inferops.specs.base import read_spec
from inferops.specs.registry import RegistrySpec


async def reconcile_registry(cluster: Cluster, settings: Settings, key: Key, now: datetime) -> float | None:  # noqa: ARG001 - all reconcilers are called alike
    """One look at a Registry; returns the seconds until the registry is to be asked again."""
    obj = cluster.stores["Registry"].get(key.namespace, key.name)
    if obj is None or obj["metadata"].get("deletionTimestamp"):
        return None  # the garbage collector takes its Secret
    try:
        spec = read_spec(RegistrySpec, obj)
        login = await read_registry_login(cluster, obj, spec)
        rotated = await apply_pull_secret(cluster, obj, spec, login)
    except SpecError as error:
        await cluster.apply_status(obj, build_registry_status(obj, error, now))
        return None
    if not rotated and (wait := seconds_to_check(obj, now)):
        return wait
    answer = await check_registry(spec, login)
    await cluster.apply_status(obj, build_registry_status(obj, answer, now))
    return float(CHECK_SECONDS.get(answer.reason, RETRY_SECONDS))


async def read_registry_login(cluster: Cluster, obj: Manifest, spec: RegistrySpec) -> Login | None:
    """User name and password, from either kind of Secret; None for an open registry. Raises SpecError."""
    namespace = obj["metadata"]["namespace"]
    if reference := spec.password_secret_ref:
        field = "spec.passwordSecretRef"
        value = await read_secret_key(cluster, namespace, (reference.name, reference.key), field)
        return Login(spec.username or "", decode(value, field))
    if config := spec.docker_config_secret_ref:
        field = "spec.dockerConfigSecretRef"
        value = await read_secret_key(cluster, namespace, (config.name, DOCKER_CONFIG_KEY), field)
        found = read_login(decode(value, field), parse_image(spec.url).host)
        return Login(*found) if found else None
    return None


async def apply_pull_secret(cluster: Cluster, obj: Manifest, spec: RegistrySpec, login: Login | None) -> bool:
    """The Secret that pods pull with; whether it changed. Running pods notice nothing: it is read at a pull."""
    children = plan_registry(obj, spec, login.password if login else None)
    changed = [await cluster.apply(child) for child in children]
    await cluster.prune(obj["metadata"]["uid"], {(child["kind"], child["metadata"]["name"]) for child in children})
    return any(changed)

"""Registry: its pull Secret follows the user's password, and the registry itself says whether the password is right.

No worker waits for a foreign host: asking is a task of its own. Its answer goes into the status, and the watch brings
the Registry back, to be told when it is asked again.
"""

import asyncio
import logging
from collections import OrderedDict
from datetime import datetime
from typing import NamedTuple

from inferops.cluster.cluster import Cluster
from inferops.errors import ClusterError, SpecError
from inferops.names import Manifest
from inferops.plan.docker_config import CREATE_CONFIG, Login, read_login
from inferops.plan.images import parse_image
from inferops.plan.platforms import node_platforms
from inferops.plan.registry import DOCKER_CONFIG_KEY, DOCKER_CONFIG_TYPE, plan_registry
from inferops.plan.registry_status import Answer, build_registry_status, is_answered, seconds_to_check
from inferops.reconcile.distribution import check_registry
from inferops.reconcile.queue import Key
from inferops.reconcile.registry_hosts import Hosts
from inferops.reconcile.secrets import decode, read_secret_key
from inferops.reconcile.status import write_status
from inferops.settings import Settings
from inferops.specs.base import read_spec
from inferops.specs.registry import RegistrySpec

logger = logging.getLogger(__name__)

UNHEARD_SECONDS = 300.0
"""When a question of which nothing was heard is asked again."""
MOST_IMAGES = 1000
"""Images of which the platforms are remembered."""


class Credentials(NamedTuple):
    """A login, None for an open registry, and the version of the Secret that it is from."""

    login: Login | None
    version: str


class Question(NamedTuple):
    """What a registry is asked for one Registry."""

    obj: Manifest
    spec: RegistrySpec
    credentials: Credentials
    urgent: bool
    """The user has changed something and waits."""

    @property
    def subject(self) -> tuple[str, int, str]:
        """What makes it another question."""
        meta = self.obj["metadata"]
        return meta.get("uid", ""), meta.get("generation", 0), self.credentials.version

    @property
    def host(self) -> str:
        """Who is asked."""
        return parse_image(self.spec.url).api_host


class RegistryReconciler:
    """Remembers what is being asked, who wants to be left alone, and what was found out about images."""

    def __init__(self) -> None:
        self._hosts = Hosts()
        self._asking: dict[Key, tuple[Question, asyncio.Task[None]]] = {}
        self._platforms: OrderedDict[str, tuple[str, ...]] = OrderedDict()

    async def __call__(self, cluster: Cluster, settings: Settings, key: Key, now: datetime) -> float | None:  # noqa: ARG002 - all reconcilers are called alike
        """One look at a Registry; returns the seconds until it wants another."""
        obj = cluster.stores["Registry"].get(key.namespace, key.name)
        if obj is None or obj["metadata"].get("deletionTimestamp"):
            self._stop_asking(key)
            return None  # the garbage collector takes its Secret
        try:
            spec = read_spec(RegistrySpec, obj)
            credentials = await read_credentials(cluster, obj, spec)
            await apply_pull_secret(cluster, obj, spec, credentials.login)
        except SpecError as error:
            self._stop_asking(key)
            await write_status(cluster, obj, build_registry_status(obj, error, (), "", now))
            return None
        answered = is_answered(obj, credentials.version)
        if answered and (wait := seconds_to_check(obj, now)):
            return wait
        return await self._ask(cluster, key, Question(obj, spec, credentials, not answered), now)

    @property
    def asking(self) -> bool:
        """Whether a registry is being asked."""
        return bool(self._asking)

    async def idle(self) -> None:
        """Until nothing is being asked."""
        while self._asking:
            await asyncio.gather(*(task for _, task in self._asking.values()), return_exceptions=True)

    async def _ask(self, cluster: Cluster, key: Key, question: Question, now: datetime) -> float:
        """Begin to ask, unless that is under way or the host is to be left alone."""
        asked, _ = self._asking.get(key, (None, None))
        if asked and asked.subject == question.subject:
            return UNHEARD_SECONDS
        self._stop_asking(key)
        if refusal := self._hosts.refusal(question.host, urgent=question.urgent):
            answer, wait = refusal
            if question.urgent or question.obj["status"].get("verified") != answer.reason:
                await write_answer(cluster, question, answer, now)
            return wait
        self._asking[key] = question, asyncio.create_task(self._find_answer(cluster, key, question, now))
        return UNHEARD_SECONDS

    async def _find_answer(self, cluster: Cluster, key: Key, question: Question, now: datetime) -> None:
        """Ask, and write the status."""
        try:
            async with self._hosts.turn(question.host):
                answer = await self._find_out(question)
            await write_answer(cluster, question, answer, now)
        except ClusterError as error:
            fields = {"object": f"{key.namespace}/{key.name}", "error": str(error)}
            logger.warning("the answer of a registry could not be written", extra=fields)
        except Exception:
            logger.exception("a registry could not be asked", extra={"object": f"{key.namespace}/{key.name}"})
        finally:
            if self._asking.get(key, (None, None))[0] is question:
                del self._asking[key]

    async def _find_out(self, question: Question) -> Answer:
        """The host's answer; what it said to another one meanwhile, where that goes for all."""
        if refusal := self._hosts.refusal(question.host, urgent=question.urgent):
            return refusal[0]
        status = question.obj.get("status") or {}
        if "digest" in status and "platforms" in status:
            self._platforms[status["digest"]] = tuple(status["platforms"])
        answer = await check_registry(question.spec, question.credentials.login, self._platforms)
        while len(self._platforms) > MOST_IMAGES:
            self._platforms.popitem(last=False)
        self._hosts.note(question.host, answer)
        return answer

    def _stop_asking(self, key: Key) -> None:
        _, task = self._asking.pop(key, (None, None))
        if task:
            task.cancel()


async def write_answer(cluster: Cluster, question: Question, answer: Answer, now: datetime) -> None:
    """The status."""
    nodes = node_platforms(cluster.stores["Node"].values())
    status = build_registry_status(question.obj, answer, nodes, question.credentials.version, now)
    await write_status(cluster, question.obj, status)


async def read_credentials(cluster: Cluster, obj: Manifest, spec: RegistrySpec) -> Credentials:
    """User name and password, from either kind of Secret. Raises SpecError."""
    namespace = obj["metadata"]["namespace"]
    if reference := spec.password_secret_ref:
        field = "spec.passwordSecretRef"
        value = await read_secret_key(cluster, namespace, (reference.name, reference.key), field)
        return Credentials(Login(spec.username or "", decode(value.encoded, field)), value.version)
    if config := spec.docker_config_secret_ref:
        field = "spec.dockerConfigSecretRef"
        value = await read_secret_key(cluster, namespace, (config.name, DOCKER_CONFIG_KEY), field)
        if value.type != DOCKER_CONFIG_TYPE:
            text = f"is of type {value.type}, and nodes use only {DOCKER_CONFIG_TYPE}: {CREATE_CONFIG}"
            raise SpecError(f'{field}: Secret "{config.name}" {text}', reason="InvalidSecret")
        try:
            login = read_login(decode(value.encoded, field), parse_image(spec.url))
        except SpecError as error:
            raise SpecError(f'{field}: in Secret "{config.name}" {error}', reason=error.reason) from None
        return Credentials(login, value.version)
    return Credentials(None, "")


async def apply_pull_secret(cluster: Cluster, obj: Manifest, spec: RegistrySpec, login: Login | None) -> None:
    """The Secret that pods pull with. Running pods notice nothing: it is read at a pull."""
    children = plan_registry(obj, spec, login)
    for child in children:
        await cluster.apply(child)
    named = (spec.password_secret_ref, spec.docker_config_secret_ref)
    keep = {(child["kind"], child["metadata"]["name"]) for child in children}
    await cluster.prune(obj["metadata"]["uid"], keep | {("Secret", secret.name) for secret in named if secret})

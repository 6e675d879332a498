"""The world as end-to-end tests see it: one namespace of a real cluster, and the gateway in front."""

import base64
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import yaml
from openai import DefaultHttpxClient, OpenAI

from dev.cluster.layout import NODE_IP
from dev.images.catalog import RECIPES
from dev.images.recipe import read_image
from dev.images.store import lock
from dev.target import Target
from tests.support import tls
from tests.support.eventually import LATEST, PATIENCE
from tests.support.reader import Reader, connect

Manifest = dict[str, Any]
T = TypeVar("T")
SYSTEM = "inferops-system"
GATEWAY = os.environ.get("INFEROPS_GATEWAY") or f"http://{NODE_IP}"
"""Where requests go in; a cluster of yours has its own address."""
TLS = tls.TLS
SOONEST = 0.2
"""Seconds between the first two looks: each costs the cluster more than a test without pods would pay."""


def eventually(probe: Callable[[], T], *, within: float = 60, every: float = 0) -> T:
    """What `probe` returns once it returns something true without an AssertionError; the last failure otherwise.

    Without `every` it looks the less often the longer it waits: the answer is known a tenth of that late.
    """
    begun, failure = time.monotonic(), AssertionError(f"not so within {within} s")
    while (waited := time.monotonic() - begun) < within * PATIENCE:
        try:
            if result := probe():
                return result
        except AssertionError as error:
            failure = error
        time.sleep(every or min(max(waited / 10, SOONEST), LATEST))
    raise failure


class World:
    """One namespace; what a test makes in it goes with the test."""

    def __init__(self, target: Target, namespace: str) -> None:
        self.target, self.namespace = target, namespace
        self._clients = ExitStack()

    def close(self) -> None:
        """End the connections of all clients, which the garbage collector would complain of some time later."""
        self._clients.close()

    @property
    def reader(self) -> Reader:
        """Asks the API server as kubectl does."""
        return connect(Path(self.target.env["KUBECONFIG"]))

    def kubectl(self, *args: str, stdin: str | None = None, check: bool = True) -> str:
        """kubectl in the namespace."""
        return self.target.kubectl("-n", self.namespace, *args, stdin=stdin, check=check)

    def apply(self, *manifests: Manifest) -> None:
        """kubectl apply, as users do."""
        self.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(manifests))

    def create(self, *manifests: Manifest) -> None:
        """kubectl create: many objects in half the calls of apply."""
        self.kubectl("create", "-f", "-", stdin=yaml.safe_dump_all(manifests))

    def get(self, kind: str, name: str) -> Manifest:
        """The object, or {} when it is not there."""
        return self.reader.read(kind, self.namespace, name)

    def read_all(self, kind: str, selector: str = "") -> list[Manifest]:
        """All objects of a kind."""
        return self.reader.read_all(kind, self.namespace, selector)

    def names(self, kind: str, selector: str = "") -> list[str]:
        """Names of all objects of some kinds, with commas between them."""
        return [each["metadata"]["name"] for one in kind.split(",") for each in self.read_all(one, selector)]

    def status(self, name: str, kind: str = "inf") -> Manifest:
        """Status of an instance, or of another kind."""
        return dict(self.get(kind, name).get("status", {}))

    def condition(self, name: str, type_: str, kind: str = "inf") -> Manifest:
        """One condition; {} while it is not there."""
        conditions = self.status(name, kind).get("conditions", [])
        return next((dict(c) for c in conditions if c["type"] == type_), {})

    def wait_phase(self, name: str, phase: str, within: float = 90) -> Manifest:
        """The status, once the phase is so."""

        def probe() -> Manifest:
            status = self.status(name)
            assert status.get("phase") == phase, f"{name} is {status.get('phase')}, not {phase}: {status}"
            return status

        return eventually(probe, within=within)

    def key(self, name: str) -> str:
        """The secret of an ApiKey, once the operator made it."""

        def probe() -> str:
            return str(self.get("secret", name).get("data", {}).get("apiKey", ""))

        return base64.b64decode(eventually(probe)).decode()

    def client(self, status: Manifest, key: str) -> OpenAI:
        """The official client on the instance's own host; no retries: a lost request must show."""
        return self.shared_client(key, host=urlsplit(status["address"]).netloc)

    def shared_client(self, key: str, **headers: str) -> OpenAI:
        """The official client on the shared host, by model."""
        http = self._clients.enter_context(DefaultHttpxClient(verify=TLS, headers=headers, timeout=120))
        return OpenAI(base_url=f"{GATEWAY}/v1", api_key=key, max_retries=0, timeout=120, http_client=http)

    def chat(self, status: Manifest, key: str, text: str = "hello") -> str:
        """One answer."""
        answer = self.client(status, key).chat.completions.create(
            model=status["model"], messages=[{"role": "user", "content": text}], max_tokens=8
        )
        return answer.choices[0].message.content or ""

    def ask_models(self, status: Manifest, key: str) -> int:
        """HTTP status of `/v1/models` on the instance's host."""
        headers = {"host": urlsplit(status["address"]).netloc, "x-api-key": key}
        return httpx.get(f"{GATEWAY}/v1/models", headers=headers, timeout=60, verify=TLS).status_code

    def wait_routable(self, status: Manifest, key: str, within: float = 30) -> None:
        """Until the gateway knows instance and key, and a replica answers."""
        eventually(lambda: self.ask_models(status, key) == httpx.codes.OK, within=within)

    def wait_known(self, status: Manifest, stranger: str, within: float = 30) -> None:
        """Until the gateway knows the instance, without waking it: a key that it does not open for gets 403."""
        eventually(lambda: self.ask_models(status, stranger) == httpx.codes.FORBIDDEN, within=within)

    def wait_settled(self) -> None:
        """Until the namespaces of earlier tests are gone: what goes there is a change, and changes statuses."""

        def settled() -> bool:
            return all(each["status"]["phase"] != "Terminating" for each in self.reader.read_all("namespaces"))

        eventually(settled, within=180)

    def stranger(self) -> str:
        """A valid key that no instance names."""
        self.apply(resource("ApiKey", "stranger"))
        key = self.key("stranger")

        def known() -> bool:
            answer = httpx.get(f"{GATEWAY}/v1/models", headers={"x-api-key": key}, verify=TLS)
            return answer.status_code == httpx.codes.OK

        eventually(known, within=15)
        return key

    def pod_of(self, process: str) -> str:
        """Name of the newest running pod of one of inferops' own processes."""
        text = self.target.kubectl(
            *("-n", SYSTEM, "get", "pods", "-l", f"app.kubernetes.io/component={process}"),
            *("--sort-by=.metadata.creationTimestamp", "--field-selector=status.phase=Running", "-o", "name"),
        )
        return text.split()[-1].removeprefix("pod/")

    def metrics(self, process: str) -> dict[str, float]:
        """Prometheus metrics of one of inferops' own processes, by `name{labels}`; empty while it does not answer."""
        path = f"/api/v1/namespaces/{SYSTEM}/pods/{self.pod_of(process)}:8080/proxy/metrics"
        lines = self.target.kubectl("get", "--raw", path, check=False).splitlines()
        samples = [line.rpartition(" ") for line in lines if line.startswith("inferops_")]
        return {name: float(value) for name, _, value in samples}

    def kill(self, process: str) -> None:
        """kill -9 of one of inferops' own Python processes: containers are processes of this machine."""
        assert self.target.local
        for pid in read_pids(process):
            os.kill(pid, signal.SIGKILL)

    def dump(self) -> Iterator[str]:
        """What helps to understand a failure."""
        for args in (("get", "inf,registries.inferops.dev,apikeys,deploy,pods,scaledobjects", "-o", "wide"),
                     ("get", "inf,registries.inferops.dev,apikeys", "-o", "yaml"),
                     ("get", "events", "--sort-by=.lastTimestamp")):  # fmt: skip
            yield f"$ kubectl {' '.join(args)}\n{self.kubectl(*args, check=False)}"
        for process in ("operator", "control", "gateway"):
            selector = f"app.kubernetes.io/component={process}"
            logs = ("-n", SYSTEM, "logs", "-l", selector, "--tail=20", "--all-containers", "--prefix")
            yield f"$ kubectl {' '.join(logs)}\n{self.target.kubectl(*logs, check=False)}"


@contextmanager
def open_world(target: Target) -> Iterator[World]:
    """A fresh namespace with an ApiKey `e2e`; gone afterwards."""
    namespace = f"e2e-{uuid.uuid4().hex[:8]}"
    meta = {"name": namespace, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}
    made = World(target, namespace)
    made.create({"apiVersion": "v1", "kind": "Namespace", "metadata": meta}, resource("ApiKey", "e2e"))
    yield made
    with suppress(SystemExit):
        target.kubectl("delete", "namespace", namespace, "--wait=false")
    made.close()


def read_pids(process: str) -> list[int]:
    """Pids on this machine of `inferops PROCESS`."""
    done = subprocess.run(["pgrep", "-f", f"bin/inferops {process}$"], capture_output=True, text=True, check=False)
    return [int(pid) for pid in done.stdout.split() if Path(f"/proc/{pid}").exists()]


def engine_model(name: str, **spec: Any) -> Manifest:
    """A Model of the small engine."""
    image = os.environ.get("INFEROPS_ENGINE_IMAGE") or read_image(RECIPES["engine"]).reference
    return resource("Model", name, engine="vLLM", image=image, source="file:///none", features=["chat"], **spec)


def install_catalog(target: Target) -> None:
    """What the instances of tests name."""
    hardware = resource("Hardware", "e2e-cpu", cpu="10m", memory="32Mi", pricePerHour="0.10")
    install_shared(target, hardware, engine_model("e2e-engine", defaultHardware="e2e-cpu"))


def install_shared(target: Target, *manifests: Manifest) -> None:
    """kubectl apply of what several tests share: one at a time, for two may not create the same object."""
    with lock("e2e-shared"):
        target.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(manifests))


def instance(name: str, model: str = "e2e-engine", scale: Manifest | None = None, **spec: Any) -> Manifest:
    """An instance of the small engine with one replica."""
    regions = [{"region": "default", "scale": scale or {"min": 1, "max": 1}}]
    return resource("InferenceInstance", name, **({"model": model, "apiKeys": ["e2e"], "regions": regions} | spec))


def resource(kind: str, name: str, **spec: Any) -> Manifest:
    """One of our kinds."""
    return {"apiVersion": "inferops.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}


@contextmanager
def manage(world: World, url: str) -> Iterator[httpx.Client]:
    """The REST API there, with a key that manages the world's namespace."""
    world.apply(resource("ApiKey", "manager", scopes=["manage"]))
    headers = {"x-api-key": world.key("manager")}
    with httpx.Client(base_url=url, headers=headers, timeout=60, verify=TLS) as http:
        eventually(lambda: http.get("/me").is_success)
        yield http

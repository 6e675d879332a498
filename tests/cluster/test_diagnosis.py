"""Broken instances on real pods, all made at once: what `kubectl get inf` and `kubectl describe inf` say of each."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.cluster.kubectl import Kubectl
from inferops.names import INSTANCE_LABEL, Manifest
from tests.cluster.accelerators import build_gpu, offer
from tests.cluster.broken import CASES, GPUS, HARDWARE, OTHERS, OWN, QUOTA, SERVE, shell
from tests.cluster.here import Here
from tests.support.eventually import eventually
from tests.support.operator_process import OperatorProcess


@pytest.fixture(scope="module")
def policy(operator_here: Here, kubectl: Kubectl) -> Iterator[None]:
    """An admission policy for the pods of this namespace only."""
    group, name = "admissionregistration.k8s.io", operator_here.namespace
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    refused = "!has(object.metadata.annotations) || !('test/refused' in object.metadata.annotations)"
    own = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}
    specs: dict[str, Manifest] = {
        "ValidatingAdmissionPolicy": {
            "matchConstraints": {"resourceRules": [rule]},
            "validations": [{"expression": refused, "message": "nobody wants this pod"}],
        },
        "ValidatingAdmissionPolicyBinding": {
            "policyName": name,
            "validationActions": ["Deny"],
            "matchResources": own,
        },
    }
    for kind, spec in specs.items():
        kubectl.apply({"apiVersion": f"{group}/v1", "kind": kind, "metadata": {"name": name}, "spec": spec})
    yield
    for kind in specs:
        kubectl.run("delete", f"{kind}.{group}", name)


@pytest.fixture(scope="module")
def runtime(operator_here: Here, kubectl: Kubectl) -> Iterator[None]:
    """A RuntimeClass that no node can handle."""
    metadata = {"name": operator_here.namespace}
    kubectl.apply({"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": metadata, "handler": "nothing"})
    yield
    kubectl.run("delete", "runtimeclass", operator_here.namespace)


@pytest.fixture(scope="module")
def gpus(operator_here: Here) -> Iterator[dict[str, Manifest]]:
    """Hardware with some, or all, of the GPUs that the node has."""
    with offer(operator_here, max(GPUS.values())):
        yield {name: {"gpu": build_gpu(operator_here, count)} for name, count in GPUS.items()}


@pytest.fixture(scope="module")
def broken(operator_here: Here, busybox: str, gpus: dict[str, Manifest], policy: None, runtime: None) -> Here:
    """All broken instances, and others."""
    here, _ = operator_here, (policy, runtime)
    for name, spec in (HARDWARE | gpus).items():
        own = {"runtimeClassName": here.namespace} if spec.get("runtimeClassName") == OWN else {}
        here.write("Hardware", here.named(name), {"cpu": "10m", "memory": "64Mi", **spec, **own})
    here.apply(
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "other"}, "stringData": {"password": "x"}},
        {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "disk"}, "spec": {"hard": QUOTA}},
    )
    scale = {"min": 1, "max": 1, "triggers": {"cpu": {"threshold": 80}}}
    base = {"image": busybox, "containerPort": 8080, "hardware": "cpu", "auth": "None", **shell(SERVE)}
    for name, spec in {**OTHERS, **{name: case[0] for name, case in CASES.items()}}.items():
        full = {"scale": scale, **base, **spec}
        full["regions"] = [{"region": here.named("here"), "scale": full.pop("scale")}]
        full["hardware"] = here.named(full["hardware"])
        here.write("InferenceInstance", name, {field: value for field, value in full.items() if value is not None})
    return here


def read_status(here: Here, name: str) -> Manifest:
    status: Manifest = here.read("InferenceInstance", name).get("status") or {}
    return status


@pytest.mark.parametrize("name", CASES)
async def test_a_failure_explains_itself(broken: Here, name: str) -> None:
    _, reason, said = CASES[name]

    def explains() -> bool:
        status = read_status(broken, name)
        assert status.get("reason") == reason
        assert re.search(said, status["message"]), status["message"]
        return True

    await eventually(explains, within=90, interval=0.5)
    available = broken.read_condition(name, "Available")
    assert available["status"] == "False"
    assert read_status(broken, name)["phase"] in {"ERROR", "DEPLOYING"}
    await eventually(lambda: reason in events_of(broken, name), within=10, interval=0.5)


async def test_what_works_has_no_reason_and_one_event(broken: Here) -> None:
    await eventually(lambda: read_status(broken, "works").get("phase") == "ACTIVE", within=90, interval=0.5)
    assert "reason" not in read_status(broken, "works")
    assert await eventually(lambda: events_of(broken, "works")) == {"Available": 1}


async def test_an_engine_that_its_liveness_probe_ends_is_told_each_time(broken: Here) -> None:
    await eventually(lambda: "LivenessProbeFailed" in events_of(broken, "stops-living"), within=90, interval=0.5)


async def test_without_its_scaler_an_instance_says_that_it_cannot_scale(broken: Here) -> None:
    if broken.operator is None:
        pytest.skip("inferops is installed here, and its scaler serves the instance")
    await eventually(lambda: read_status(broken, "unscaled").get("phase") == "PENDING", within=30, interval=0.5)
    said = "KEDA cannot scale it, and the replicas stay as they are: .* See whether inferops-control runs"

    def tells() -> bool:
        assert re.search(said, read_status(broken, "unscaled").get("message", ""))
        return True

    await eventually(tells, within=90, interval=0.5)


async def test_kubectl_alone_tells_why(broken: Here, kubectl: Kubectl) -> None:
    await eventually(lambda: read_status(broken, "no-h100").get("reason") == "NoMatchingNode", within=60)
    row = kubectl.run("get", "inf", "no-h100", f"--namespace={broken.namespace}")
    assert "NoMatchingNode" in row
    described = kubectl.run("describe", "inf", "no-h100", f"--namespace={broken.namespace}")
    assert "No node has the label nvidia.com/gpu.product=NVIDIA-H100" in described
    assert re.search(r"Warning\s+NoMatchingNode", described)


async def test_a_failure_that_stays_is_written_once(broken: Here) -> None:
    """Containers go on restarting, schedulers and kubelets go on trying: the statuses and events stay."""
    ending, waiting = ("crashes", "too-small", "init-fails"), ("no-such-host", "quota", "no-h100", "no-class")

    def repeats() -> bool:
        return all("again and again" in read_status(broken, name).get("message", "") for name in ending)

    await eventually(repeats, within=90, interval=0.5)
    before, restarts = versions_of(broken, ending + waiting), restarts_of(broken)
    await eventually(lambda: restarts_of(broken) >= restarts + len(ending), within=90, interval=1)
    assert versions_of(broken, ending + waiting) == before


async def test_a_restart_writes_nothing_about_failures_that_stay(
    broken: Here, kubectl: Kubectl, tmp_path: Path
) -> None:
    if broken.operator is None:
        pytest.skip("inferops is installed here, and not this test's to restart")
    kubectl.run("delete", "inf", "stops-living", f"--namespace={broken.namespace}")
    await eventually(lambda: not broken.read("pods", **{INSTANCE_LABEL: "stops-living"}), within=60, interval=0.5)
    await broken.operator.quiesce()
    assert broken.operator.terminate() == 0
    settings = {"namespace": broken.namespace, "watchNamespaces": [broken.namespace]}
    successor = OperatorProcess(tmp_path, kubectl.kubeconfig, settings, "successor")
    try:
        await successor.wait_leading()
        await successor.quiesce()
        assert {"InferenceInstance", "Event"}.isdisjoint(await successor.read_writes())
    finally:
        successor.terminate()


def versions_of(here: Here, names: tuple[str, ...]) -> dict[str, tuple[str, dict[str, int]]]:
    """What any write would change."""
    found = {name: here.read("InferenceInstance", name)["metadata"]["resourceVersion"] for name in names}
    return {name: (version, events_of(here, name)) for name, version in found.items()}


def events_of(here: Here, name: str) -> dict[str, int]:
    """The count of each reason among an instance's events."""
    about = {"kind": "InferenceInstance", "name": name}
    return {
        each["reason"]: each["count"] for each in here.read("Event") if about.items() <= each["involvedObject"].items()
    }


def restarts_of(here: Here) -> int:
    """Restarts of all containers."""
    found = [pod["status"] for pod in here.read("Pod")]
    every = [c for status in found for kind in ("initC", "c") for c in status.get(f"{kind}ontainerStatuses") or []]
    return sum(container["restartCount"] for container in every)

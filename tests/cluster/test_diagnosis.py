"""Broken instances on real pods, all made at once: what `kubectl get inf` and `kubectl describe inf` say of each."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dev.cluster.kubectl import Kubectl
from inferops.names import INSTANCE_LABEL, Manifest
from tests.cluster.here import Here
from tests.cluster.manifests import BUSYBOX
from tests.support.eventually import eventually
from tests.support.operator_process import OperatorProcess

SERVE = "echo hello > /tmp/index.html && exec /busybox httpd -f -p 8080 -h /tmp"
RESTRICTED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
WRONG_PATH = {"httpGet": {"path": "/nope", "port": 8080}, "periodSeconds": 1}
NO_PORT = {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 1, "failureThreshold": 2}
QUOTA = {"requests.ephemeral-storage": "10Mi"}
"""Only what asks for such storage falls under it."""


def engine(**fields: Any) -> Manifest:
    return {"podTemplate": {"spec": {"containers": [{"name": "engine", **fields}]}}}


def shell(script: str) -> Manifest:
    return {"command": ["/busybox", "sh", "-c", script]}


def variable(secret: str) -> Manifest:
    return {"env": [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": secret, "key": "token"}}}]}


def mounting(**source: Any) -> Manifest:
    container = {"name": "engine", "volumeMounts": [{"name": "files", "mountPath": "/files"}]}
    return {"podTemplate": {"spec": {"volumes": [{"name": "files", **source}], "containers": [container]}}}


INIT = {
    "name": "fetch",
    "image": BUSYBOX,
    "command": ["/busybox", "sh", "-c", "echo the bucket is empty; exit 4"],
    "securityContext": RESTRICTED,
    "terminationMessagePolicy": "FallbackToLogsOnError",
}
STORAGE = {"requests": {"ephemeral-storage": "64Mi"}}
CASES: dict[str, tuple[Manifest, str, str]] = {
    # name: (spec, reason, what the sentence says)
    "no-such-host": ({"image": "registry.nowhere.test/team/model:1"}, "ImagePullBackOff", r"no such host\. Correct"),
    "no-right": (
        {"image": "registry.inferops.test:5000/team/secret:1"},
        "ImagePullBackOff",
        r"401 Unauthorized\. Name a Registry",
    ),
    "never-pulled": (
        {"image": "localhost/nothing:1", **engine(imagePullPolicy="Never")},
        "ErrImageNeverPull",
        "is not on node .* and may not be pulled",
    ),
    "nine-gpus": (
        {"hardware": "nine"},
        "Unschedulable",
        r"asks for 9 nvidia\.com/gpu, and the largest node .* has 8\.",
    ),
    "eight-gpus": (
        {"hardware": "eight"},
        "Unschedulable",
        r"asks for 8 nvidia\.com/gpu, and the best node \(\S+\) has [0-7] of 8 free\. Free or add nodes",
    ),
    "no-h100": (
        {"hardware": "h100"},
        "NoMatchingNode",
        r"No node has the label nvidia\.com/gpu\.product=NVIDIA-H100, which Hardware .* asks for; there is NVIDIA-L40S",
    ),
    "crashes": (
        shell("echo loading; echo ValueError: no such model >&2; exit 3"),
        "CrashLoopBackOff",
        r"with exit code 3, saying: ValueError: no such model\. Read its log: kubectl logs -n",
    ),
    "too-small": (shell("/busybox tail /dev/zero"), "OOMKilled", "at its memory limit of 64Mi. Choose a hardware"),
    "no-program": ({"command": ["/nope"]}, "StartError", r'exec: "/nope".* Correct spec\.command'),
    "not-ready": (
        {"probes": {"readiness": WRONG_PATH}},
        "ReadinessProbeFailed",
        r"readiness probe \(GET /nope on port 8080\): HTTP probe failed with statuscode: 404",
    ),
    "never-starts": (
        {**shell("exec /busybox sleep 1000"), "probes": {"startup": NO_PORT}, "rollout": {"drainSeconds": 0}},
        "StartupProbeFailed",
        r"was ended.* because it failed its startup probe \(GET / on port 8080\): .*connection refused",
    ),
    "no-class": (
        {"cache": {"size": "1Gi", "storageClass": "nope"}},
        "VolumePending",
        r'storage class nope.* is not bound: storageclass\.storage\.k8s\.io "nope" not found\. Name a storage class',
    ),
    "no-claim": ({"cache": {"claim": "missing"}}, "ClaimNotFound", r'There is no PersistentVolumeClaim "missing"'),
    "init-fails": (
        {"podTemplate": {"spec": {"initContainers": [INIT]}}},
        "InitFailed",
        r"Init container fetch .* with exit code 4, saying: the bucket is empty\.",
    ),
    "no-secret": (variable("hf"), "SecretNotFound", r'There is no Secret "hf" .*, from which variable TOKEN'),
    "no-key": (variable("other"), "SecretKeyNotFound", r'Secret "other" .* has no key "token"'),
    "no-mount": (
        mounting(secret={"secretName": "certs"}),
        "SecretNotFound",
        r'no Secret "certs" .* volume files of pod',
    ),
    "quota": (engine(resources=STORAGE), "QuotaExceeded", r'ResourceQuota "disk" .*is at 0 of 10Mi, and 64Mi more'),
    "security": (
        engine(securityContext={"allowPrivilegeEscalation": True}),
        "PolicyDenied",
        r"Pod Security level \"restricted:latest\" refuses its pods: allowPrivilegeEscalation",
    ),
    "policy": (
        {"podTemplate": {"metadata": {"annotations": {"test/refused": "yes"}}}},
        "PolicyDenied",
        r'The admission policy ".*" refuses its pods: nobody wants this pod\.',
    ),
    "no-runtime": ({"hardware": "strange"}, "RuntimeClassNotFound", r'no RuntimeClass "strange", which its pods name'),
    "no-model": ({"image": None, "model": "absent"}, "ModelNotFound", r'spec\.model: there is no Model "absent"\.'),
}
OTHERS: dict[str, Manifest] = {
    "works": {},
    "holds-a-gpu": {"hardware": "one"},
    "stops-living": {"probes": {"liveness": WRONG_PATH | {"failureThreshold": 2}}, "rollout": {"drainSeconds": 0}},
    "unscaled": {"scale": {"min": 0, "max": 1, "triggers": {"http": {"rate": 1, "window": 10}}}},
}
HARDWARE: dict[str, Manifest] = {
    "one": {"gpu": {"model": "L40S", "count": 1, "memory": "48Gi"}},
    "eight": {"gpu": {"model": "L40S", "count": 8, "memory": "48Gi"}},
    "nine": {"gpu": {"model": "L40S", "count": 9, "memory": "48Gi"}},
    "h100": {"nodeSelector": {"nvidia.com/gpu.product": "NVIDIA-H100"}},
    "strange": {"runtimeClassName": "strange"},
}


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
def broken(operator_here: Here, busybox: str, policy: None) -> Here:
    """All broken instances, and others."""
    here, _ = operator_here, policy
    for name, spec in HARDWARE.items():
        here.write("Hardware", here.named(name), {"cpu": "10m", "memory": "64Mi", **spec})
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
    listed = here.kubectl.read(
        "events",
        f"--namespace={here.namespace}",
        f"--field-selector=involvedObject.kind=InferenceInstance,involvedObject.name={name}",
    )["items"]
    return {event["reason"]: event["count"] for event in listed}


def restarts_of(here: Here) -> int:
    """Restarts of all containers."""
    found = [pod["status"] for pod in here.kubectl.read("pods", f"--namespace={here.namespace}")["items"]]
    every = [c for status in found for kind in ("initC", "c") for c in status.get(f"{kind}ontainerStatuses") or []]
    return sum(container["restartCount"] for container in every)

"""What is seen -> phase, regions and conditions: one table of worlds."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inferops.errors import SpecError
from inferops.names import Manifest, region_name
from inferops.plan.diagnosis import Evidence
from inferops.plan.instance import plan_instance
from inferops.plan.status import build_status
from inferops.plan.types import InstanceInputs, Observed, Plan
from inferops.settings import Settings

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
HTTP = {"http": {"rate": 1, "window": 1}}
MODEL = {"image": "engine:1", "source": "file:///m", "defaultHardware": "cpu"}
CATALOG: dict[tuple[str, str], Manifest] = {
    ("Model", "tiny"): {"kind": "Model", "metadata": {"name": "tiny"}, "spec": MODEL},
    ("Hardware", "cpu"): {"kind": "Hardware", "metadata": {"name": "cpu"}, "spec": {"cpu": "1", "memory": "1Gi"}},
    ("Region", "eu"): {"kind": "Region", "metadata": {"name": "eu"}, "spec": {"id": 1}},
    ("Region", "us"): {"kind": "Region", "metadata": {"name": "us"}, "spec": {"id": 2}},
    ("ApiKey", "demo"): {"kind": "ApiKey", "metadata": {"name": "demo"}, "spec": {}},
}


def instance(*regions: str, **spec: Any) -> Manifest:
    places = [{"region": region, "scale": {"min": 0, "max": 3, "triggers": HTTP}} for region in regions or ("eu",)]
    meta = {"name": "chat", "namespace": "team", "uid": "1", "generation": 2}
    given = {"model": "tiny", "apiKeys": ["demo"], "regions": places} | spec
    return {"apiVersion": "inferops.dev/v1alpha1", "kind": "InferenceInstance", "metadata": meta, "spec": given}


def deployment(region: str, replicas: int, updated: int | None = None) -> Manifest:
    meta = {"name": region_name("team", "chat", region), "generation": 1}
    updated = replicas if updated is None else updated
    status = {"observedGeneration": 1, "updatedReplicas": updated, "replicas": replicas}
    return {"metadata": meta, "spec": {"replicas": replicas}, "status": status}


def pod(state: Manifest, *, region: str = "eu", name: str = "p", last: Manifest | None = None, **meta: Any) -> Manifest:
    ready = state.get("ready", False)
    container = {"name": "engine", "image": "engine:1", "ready": ready, "restartCount": 3 if last else 0}
    container |= {"state": {key: value for key, value in state.items() if key not in {"ready", "started"}}}
    container |= {"started": state.get("started", ready), "lastState": {"terminated": last} if last else {}}
    return {
        "metadata": {"name": name, "namespace": "team", "labels": {"inferops.dev/region": region}} | meta,
        "spec": {"containers": [{"name": "engine", "resources": {"limits": {"memory": "1Gi"}}}]},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": str(ready)}],
            "containerStatuses": [container],
        },
    }


RUNNING = {"running": {"startedAt": "2026-01-01T11:59:00Z"}}
READY = RUNNING | {"ready": True}
PULLING = {"waiting": {"reason": "ErrImagePull", "message": "401 Unauthorized"}}
BACKING_OFF = {
    "waiting": {"reason": "ImagePullBackOff", "message": 'Back-off pulling image "e": ErrImagePull: 401 Unauthorized'}
}
CRASHED = {"exitCode": 1, "reason": "Error", "message": "Traceback\nValueError: no such model\n"}
KILLED = {"exitCode": 137, "reason": "OOMKilled"}
LOOPING = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}}
ONE = [deployment("eu", 1)]
UNCONFIGURED = {"waiting": {"reason": "CreateContainerConfigError", "message": 'secret "hf" not found'}}
UNPLACED: Manifest = {
    "metadata": {"name": "p", "namespace": "team", "labels": {"inferops.dev/region": "eu"}},
    "status": {
        "phase": "Pending",
        "conditions": [
            {
                "type": "PodScheduled",
                "status": "False",
                "reason": "Unschedulable",
                "message": "0/1 nodes are available: 1 Insufficient nvidia.com/gpu. preemption: 0/1 nodes ...",
            }
        ],
    },
}


def build(
    obj: Manifest, deployments: list[Manifest], pods: list[Manifest], now: datetime = NOW, **observed: Any
) -> Manifest:
    named = observed.pop("named", CATALOG)
    inputs = InstanceInputs(obj=obj, named=named, known={}, keda=observed.pop("keda", True))
    outcome: Plan | SpecError
    try:
        outcome = plan_instance(inputs, Settings())
    except SpecError as error:
        outcome = error
    seen = Observed({each["metadata"]["name"]: each for each in deployments}, pods=pods, **observed)
    return build_status(inputs, outcome, seen, Settings(), now)


def condition(status: Manifest, kind: str) -> Manifest:
    found: Manifest = next(each for each in status["conditions"] if each["type"] == kind)
    return found


@pytest.mark.parametrize(
    ("case", "obj", "deployments", "pods", "expected"),
    [
        ("nothing is made yet", instance(), [], [], "NEW ScaledToZero ScaledToZero"),
        ("at zero", instance(), [deployment("eu", 0)], [], "PENDING ScaledToZero ScaledToZero"),
        ("stopped", instance(stopped=True), [deployment("eu", 0)], [], "DISABLED Stopped Stopped"),
        ("stopped, a pod still ends", instance(stopped=True), ONE, [pod(READY)], "DISABLED Stopped Stopped"),
        ("woken, no pod yet", instance(), ONE, [], "DEPLOYING Starting RollingOut"),
        ("the image comes", instance(), ONE, [pod({"waiting": {"reason": "ContainerCreating"}})],
         "DEPLOYING Starting Starting"),
        ("the model loads", instance(), ONE, [pod(RUNNING)], "DEPLOYING Loading Loading"),
        ("one answers", instance(), ONE, [pod(READY)], "ACTIVE ReplicasAnswer Settled"),
        ("one of two answers", instance(), [deployment("eu", 2)], [pod(READY), pod(RUNNING, name="q")],
         "ACTIVE ReplicasAnswer Loading"),
        ("an update rolls", instance(), [deployment("eu", 1, updated=0)], [pod(READY)],
         "ACTIVE ReplicasAnswer RollingOut"),
        ("an ending pod counts for nothing", instance(), ONE,
         [pod(READY, deletionTimestamp="2026-01-01T12:00:00Z")], "DEPLOYING Starting RollingOut"),
        ("the image cannot be pulled", instance(), ONE, [pod(PULLING)], "ERROR ImagePullBackOff ImagePullBackOff"),
        ("the pull backs off", instance(), ONE, [pod(BACKING_OFF)], "ERROR ImagePullBackOff ImagePullBackOff"),
        ("no node has room", instance(), ONE, [UNPLACED], "ERROR Unschedulable Unschedulable"),
        ("its predecessor still holds the GPU", instance(), ONE,
         [UNPLACED, pod(READY, name="old", deletionTimestamp="2026-01-01T12:00:00Z")],
         "DEPLOYING WaitingForRoom WaitingForRoom"),
        ("it crash-loops", instance(), ONE, [pod(LOOPING, last=CRASHED)], "ERROR CrashLoopBackOff CrashLoopBackOff"),
        ("it runs between two crashes", instance(), ONE, [pod(RUNNING, last=CRASHED)],
         "ERROR CrashLoopBackOff CrashLoopBackOff"),
        ("it was killed for memory", instance(), ONE, [pod(LOOPING, last=KILLED)], "ERROR OOMKilled OOMKilled"),
        ("it crashed once and answers now", instance(), ONE, [pod(READY, last=CRASHED)],
         "ACTIVE ReplicasAnswer Settled"),
        ("a Secret is missing", instance(), ONE,
         [pod(UNCONFIGURED)], "ERROR SecretNotFound SecretNotFound"),
        ("one answers, one crash-loops", instance(), [deployment("eu", 2)],
         [pod(READY), pod(LOOPING, name="q", last=CRASHED)], "PARTIALLYDEPLOYED ReplicasAnswer CrashLoopBackOff"),
        ("one region answers, one starts", instance("eu", "us"), [deployment("eu", 1), deployment("us", 1)],
         [pod(READY)], "PARTIALLYDEPLOYED ReplicasAnswer RollingOut"),
        ("one region answers, one sleeps", instance("eu", "us"), [deployment("eu", 1), deployment("us", 0)],
         [pod(READY)], "ACTIVE ReplicasAnswer Settled"),
        ("an unknown model, nothing runs", instance(model="big"), [], [], "ERROR ModelNotFound ModelNotFound"),
        ("an unknown model, the old one runs", instance(model="big"), ONE, [pod(READY)],
         "ACTIVE ReplicasAnswer ModelNotFound"),
    ],
)  # fmt: skip
def test_the_status_says_what_is_seen(
    case: str, obj: Manifest, deployments: list[Manifest], pods: list[Manifest], expected: str
) -> None:
    status = build(obj, deployments, pods)
    available, progressing = condition(status, "Available"), condition(status, "Progressing")
    assert f"{status['phase']} {available['reason']} {progressing['reason']}" == expected, case
    assert available["status"] == str(available["reason"] == "ReplicasAnswer")


@pytest.mark.parametrize(
    ("pods", "said"),
    [
        ([pod(PULLING)], "Image engine:1 of pod p cannot be pulled: 401 Unauthorized. Name a Registry"),
        ([pod(BACKING_OFF)], "Image engine:1 of pod p cannot be pulled: 401 Unauthorized. Name a Registry"),
        ([UNPLACED], "No node takes pod p: 0/1 nodes are available: 1 Insufficient nvidia.com/gpu. Free or add nodes"),
        (
            [pod(LOOPING, last=CRASHED)],
            "ended again and again with exit code 1, saying: ValueError: no such model. Read",
        ),
        ([pod(LOOPING, last=KILLED)], "was killed again and again at its memory limit of 1Gi."),
        (
            [pod(RUNNING)],
            "loads its model since 2026-01-01T11:59:00Z. Follow its log: kubectl logs -n team p -c engine",
        ),
        ([pod(RUNNING | {"started": True})], "has started and is not ready yet"),
    ],
)
def test_a_region_says_why_it_does_not_answer(pods: list[Manifest], said: str) -> None:
    (region,) = build(instance(), [deployment("eu", 1)], pods)["regions"]
    assert said in region["errorMessage"]


def test_a_transition_time_moves_only_when_a_status_flips() -> None:
    obj, times = instance(), []
    for minute, pods in enumerate([[pod(RUNNING)], [pod(PULLING)], [pod(READY)], [pod(READY)]]):
        obj["status"] = build(obj, [deployment("eu", 1)], pods, NOW + timedelta(minutes=minute))
        times.append(condition(obj["status"], "Available")["lastTransitionTime"])
    assert times == ["2026-01-01T12:00:00Z"] * 2 + ["2026-01-01T12:02:00Z"] * 2
    assert obj["status"]["readySince"] == "2026-01-01T12:02:00Z"
    assert condition(obj["status"], "Available")["observedGeneration"] == 2


def refusing(**condition: str) -> dict[tuple[str, str], Manifest]:
    """The catalog with a Registry of which a condition is False."""
    status = {"conditions": [{"status": "False", **condition}]}
    return CATALOG | {("Registry", "private"): {"spec": {"url": "ghcr.io/acme/app:1"}, "status": status}}


def test_a_registry_that_refuses_speaks_instead_of_the_kubelet() -> None:
    named = refusing(type="Verified", reason="Unauthorized", message="ghcr.io refuses the password.")
    status = build(instance(registry="private"), [deployment("eu", 1)], [pod(PULLING)], named=named)
    told = ("RegistryUnauthorized", 'Registry "private": ghcr.io refuses the password.')
    assert {
        tuple(condition(status, kind)[f] for f in ("reason", "message")) for kind in ("Available", "Progressing")
    } == {told}
    sleeping = build(instance(registry="private"), [deployment("eu", 0)], [], named=named)
    assert "ghcr.io refuses" in condition(sleeping, "Available")["message"]


def test_a_quota_that_keeps_pods_from_being_made_is_told() -> None:
    made = deployment("eu", 1)
    amounts = "requested: gpu=1, used: gpu=4, limited: gpu=4"
    refusal = f'pods "x" is forbidden: exceeded quota: gpus, {amounts}'
    made["status"]["conditions"] = [{"type": "ReplicaFailure", "status": "True", "message": refusal}]
    status = build(instance(), [made], [])
    assert (status["phase"], condition(status, "Available")["reason"]) == ("ERROR", "QuotaExceeded")


def test_of_several_regions_the_sentence_says_which() -> None:
    two = [deployment("eu", 1), deployment("us", 1)]
    status = build(instance("eu", "us"), two, [pod(READY), pod(LOOPING, region="us", name="q", last=CRASHED)])
    assert status["message"].startswith('Region "us": Container engine of pod q ended')
    assert status["regions"][1]["errorMessage"].startswith("Container engine of pod q ended")
    assert "errorMessage" not in status["regions"][0]


def test_pods_beyond_a_quota_are_told_beside_those_that_run() -> None:
    made = deployment("eu", 2)
    made["status"]["conditions"] = [{"type": "ReplicaFailure", "status": "True", "message": "exceeded quota: q"}]
    status = build(instance(), [made], [pod(READY)])
    assert (status["phase"], status["reason"]) == ("PARTIALLYDEPLOYED", "Refused")


def test_what_the_api_server_refuses_keeps_a_new_instance_from_being_available() -> None:
    refusal = "Deployment: deployments.apps \"x\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied"
    status = build(instance(), [], [], rejected=f"{refusal} request: no owner")
    for kind in ("Available", "Progressing"):
        assert condition(status, kind)["reason"] == "PolicyDenied"
        assert 'The admission policy "p" refuses its Deployment: no owner.' in condition(status, kind)["message"]


def test_a_pod_that_was_thrown_out_is_told_until_its_successor_answers() -> None:
    gone = pod(RUNNING, name="old")
    gone["status"] |= {"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory."}
    told = build(instance(), ONE, [gone, pod(RUNNING)])
    assert (told["phase"], told["reason"]) == ("DEPLOYING", "Evicted")
    assert "The node was low on resource: memory." in told["message"]
    assert "reason" not in build(instance(), ONE, [gone, pod(READY)])


def test_a_pod_that_has_only_begun_gets_no_word() -> None:
    young = Evidence(young=frozenset({"p"}))
    status = build(instance(), ONE, [pod(RUNNING)], evidence=young)
    assert condition(status, "Available")["message"] == build(instance(), ONE, [])["message"]
    assert "errorMessage" not in status["regions"][0]


def test_a_predecessor_on_a_lost_node_does_not_make_room() -> None:
    unknown = {"type": "Ready", "status": "Unknown", "message": "Kubelet stopped posting node status."}
    lost = {"metadata": {"name": "n"}, "status": {"conditions": [unknown]}}
    old = pod(READY, name="old", deletionTimestamp="2026-01-01T12:00:00Z")
    old["spec"]["nodeName"] = "n"
    status = build(instance(), ONE, [UNPLACED, old], evidence=Evidence(nodes=[lost]))
    assert (status["phase"], status["reason"]) == ("ERROR", "PredecessorLost")


@pytest.mark.parametrize(
    ("spec", "keys", "status", "reason"),
    [
        ({}, {}, "True", "KeysReady"),
        ({"auth": "None", "apiKeys": None}, {}, "True", "Public"),
        ({"apiKeys": []}, {}, "False", "NoApiKeys"),
        ({"apiKeys": ["gone"]}, {}, "False", "ApiKeyNotFound"),
        ({"apiKeys": ["demo", "gone"]}, {}, "True", "ApiKeyNotFound"),
        ({}, {"demo": "Expired"}, "False", "ApiKeyExpired"),
        ({"stopped": True}, {}, "False", "Stopped"),
    ],
)
def test_routable_says_whether_a_key_opens_it(spec: Manifest, keys: dict[str, str], status: str, reason: str) -> None:
    named = dict(CATALOG)
    for name, why in keys.items():
        verdict = {"type": "Ready", "status": "False", "reason": why, "message": "The key opens nothing."}
        named["ApiKey", name] = {"kind": "ApiKey", "metadata": {"name": name}, "status": {"conditions": [verdict]}}
    obj = instance(**spec)
    found = condition(build(obj, [deployment("eu", 0)], [], named=named), "Routable")
    assert (found["status"], found["reason"]) == (status, reason)


def test_an_unready_scaled_object_is_told_once_it_has_lasted() -> None:
    ready = {"type": "Ready", "status": "False", "reason": "TriggerError", "message": "no answer"}
    scaled = {"chat": {"status": {"conditions": [ready]}}}
    fresh = build(instance(), [deployment("eu", 0)], [], scaled_objects=scaled)
    assert condition(fresh, "Scalable")["status"] == "Unknown"
    lasting = build(instance(), [deployment("eu", 0)], [], scaled_objects=scaled, scaler_unready=True)
    assert (condition(lasting, "Scalable")["status"], condition(lasting, "Scalable")["reason"]) == (
        "False",
        "TriggerError",
    )

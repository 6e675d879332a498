"""What an instance's fields do to real pods."""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from dev.cluster.kubectl import Kubectl
from dev.cluster.layout import Layout
from inferops.names import Manifest, region_name
from inferops.plan.image_volumes import find_incapable
from tests.cluster.here import Here
from tests.cluster.manifests import fetch
from tests.support.eventually import eventually

PORT = 8080
SCRIPT = (
    'echo "$PLAIN $SECRET $CONFIG $POD $0 $(/busybox cat /weights/name)" > /tmp/index.html'
    " && exec /busybox httpd -f -p 8080 -h /tmp"
)
WEIGHTS = "tests/cluster: weights of a claim"
CONTAINER = {
    "name": "notes",
    "command": ["/busybox", "sleep", "3600"],
    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    "resources": {"requests": {"cpu": "1m", "memory": "4Mi"}},
}


def regions(here: Here) -> list[Manifest]:
    scale = {"min": 1, "max": 1, "triggers": {"cpu": {"threshold": 80}}}
    return [{"region": here.named("here"), "scale": scale}]


def own_image(here: Here, busybox: str, **fields: Any) -> Manifest:
    base = {"image": busybox, "hardware": here.named("cpu"), "containerPort": PORT, "regions": regions(here)}
    return base | {"command": ["/busybox", "sh", "-c", SCRIPT], "args": ["argument"], "auth": "None"} | fields


def read_pods(here: Here, name: str) -> list[Manifest]:
    pods: list[Manifest] = here.read("Pod", **{"inferops.dev/instance": name})
    return [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]


def is_ready(pod: Manifest) -> bool:
    return any(each["type"] == "Ready" and each["status"] == "True" for each in pod["status"].get("conditions") or [])


async def wait_ready(here: Here, name: str) -> Manifest:
    async def found() -> Manifest | None:
        return next((pod for pod in read_pods(here, name) if is_ready(pod)), None)

    pod = await eventually(found, within=90)
    assert pod
    return pod


@pytest.fixture(scope="module")
def variables(operator_here: Here) -> Here:
    """A Secret and a ConfigMap that variables come from."""
    for kind, name in (("Secret", "token"), ("ConfigMap", "mode")):
        field = "stringData" if kind == "Secret" else "data"
        value = {"key": f"from-{kind.lower()}"}
        operator_here.apply({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, field: value})
    return operator_here


async def test_variables_arguments_and_a_patch_reach_the_engine(variables: Here, busybox: str) -> None:
    here = variables
    env: list[Manifest] = [
        {"name": "PLAIN", "value": "plain"},
        {"name": "SECRET", "valueFrom": {"secretKeyRef": {"name": "token", "key": "key"}}},
        {"name": "CONFIG", "valueFrom": {"configMapKeyRef": {"name": "mode", "key": "key"}}},
        {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
    ]
    probe = {"httpGet": {"path": "/index.html", "port": "http"}, "periodSeconds": 1}
    patch = {"spec": {"containers": [CONTAINER | {"image": busybox}], "terminationGracePeriodSeconds": 75}}
    spec = own_image(here, busybox, env=env, probes={"readiness": probe}, podTemplate=patch)
    here.write("InferenceInstance", "fields", spec)
    pod = await wait_ready(here, "fields")
    said = fetch(f"http://{pod['status']['podIP']}:{PORT}/index.html")
    assert said == f"plain from-secret from-configmap {here.namespace} argument"
    assert {container["name"] for container in pod["spec"]["containers"]} == {"engine", "notes"}

    # a change that pods need not know restarts none
    uid = pod["metadata"]["uid"]
    quiet = {"description": "a note", "podLifetime": 900, "loadBalancing": "PrefixHash", "limits": {"holdTimeout": 5}}
    here.write("InferenceInstance", "fields", spec | quiet)
    await eventually(lambda: is_seen(here, "fields"), within=20)
    assert [each["metadata"]["uid"] for each in read_pods(here, "fields")] == [uid]

    # a stop holds, with a mistake beside it
    here.write("InferenceInstance", "fields", spec | quiet | {"stopped": True, "registry": "missing"})
    await eventually(lambda: not here.read("Pod", **{"inferops.dev/instance": "fields"}), within=120)
    assert here.read("InferenceInstance", "fields")["status"]["phase"] == "DISABLED"
    assert here.read_condition("fields", "Accepted")["reason"] == "RegistryNotFound"


def is_seen(here: Here, name: str) -> bool:
    obj = here.read("InferenceInstance", name)
    return bool(obj["status"].get("observedGeneration") == obj["metadata"]["generation"])


@pytest.fixture
def claim(operator_here: Here, layout: Layout) -> Iterator[str]:
    """A claim with a file in it, on the node's own disk."""
    folder = layout.state / "volumes" / operator_here.namespace
    folder.mkdir(parents=True)
    (folder / "name").write_text(WEIGHTS)
    volume = {
        "capacity": {"storage": "1Mi"},
        "accessModes": ["ReadOnlyMany"],
        "hostPath": {"path": str(folder)},
        "claimRef": {"namespace": operator_here.namespace, "name": "weights"},
        "storageClassName": "",
    }
    name = operator_here.named("weights")
    operator_here.kubectl.apply(
        {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": volume}
    )
    wanted = {
        "accessModes": ["ReadOnlyMany"],
        "storageClassName": "",
        "resources": {"requests": {"storage": "1Mi"}},
    }
    operator_here.apply(
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "weights"}, "spec": wanted}
    )
    yield "weights"
    operator_here.kubectl.run("delete", "persistentvolume", name, "--wait=false")
    (folder / "name").unlink()
    folder.rmdir()


async def test_weights_on_a_claim_are_mounted_for_a_server_of_ones_own(
    operator_here: Here, busybox: str, claim: str
) -> None:
    here = operator_here
    model = {
        "engine": "Custom",
        "image": busybox,
        "source": f"pvc://{claim}",
        "port": PORT,
        "defaultHardware": here.named("cpu"),
    }
    here.write("Model", here.named("own"), model)
    script = "/busybox cp /model/name /tmp/index.html && exec /busybox httpd -f -p 8080 -h /tmp"
    spec = {"model": here.named("own"), "command": ["/busybox", "sh", "-c", script], "auth": "None"}
    here.write("InferenceInstance", "claimed", spec | {"regions": regions(here)})
    pod = await wait_ready(here, "claimed")
    assert fetch(f"http://{pod['status']['podIP']}:{PORT}/index.html") == WEIGHTS


async def test_weights_in_an_image_are_mounted_or_it_is_said_why_not(operator_here: Here, busybox: str) -> None:
    here = operator_here
    source, hardware = f"oci://{busybox}", here.named("cpu")
    model = {"engine": "Custom", "image": busybox, "source": source, "port": PORT, "defaultHardware": hardware}
    here.write("Model", here.named("in-image"), model)
    script = "/busybox ls /model > /tmp/index.html && exec /busybox httpd -f -p 8080 -h /tmp"
    spec = {"model": here.named("in-image"), "command": ["/busybox", "sh", "-c", script], "auth": "None"}
    here.write("InferenceInstance", "in-image", spec | {"regions": regions(here)})
    if find_incapable(here.kubectl.read("nodes")["items"]) is None:
        pod = await wait_ready(here, "in-image")
        assert "busybox" in fetch(f"http://{pod['status']['podIP']}:{PORT}/index.html")
        return
    await eventually(lambda: here.read_condition("in-image", "Accepted").get("status") == "False", within=20)
    accepted = here.read_condition("in-image", "Accepted")
    assert accepted["reason"] == "ImageVolumeNotSupported"
    assert "runs containerd 1." in accepted["message"]
    name = region_name(here.namespace, "in-image", here.named("here"))
    assert not here.kubectl.succeeds("get", "deployment", name, f"--namespace={here.namespace}")


async def test_an_instance_runs_in_each_of_its_regions_and_leaves_one_that_goes(
    operator_here: Here, busybox: str
) -> None:
    here = operator_here
    (node,) = here.kubectl.read("nodes")["items"]
    labels = {"kubernetes.io/hostname": node["metadata"]["labels"]["kubernetes.io/hostname"]}
    here.write("Region", here.named("there"), {"id": secrets.randbelow(10**6), "nodeSelector": labels})
    both = [*regions(here), {**regions(here)[0], "region": here.named("there")}]
    spec = own_image(here, busybox, args=["two"])
    here.write("InferenceInstance", "two", spec | {"regions": both})
    await eventually(lambda: here.read("InferenceInstance", "two")["status"].get("ready") == "2/2", within=90)
    selectors = {
        pod["metadata"]["labels"]["inferops.dev/region"]: pod["spec"].get("nodeSelector")
        for pod in read_pods(here, "two")
    }
    assert selectors == {here.named("here"): None, here.named("there"): labels}
    here.write("InferenceInstance", "two", spec)
    await eventually(lambda: here.read("InferenceInstance", "two")["status"].get("ready") == "1/1", within=30)
    await eventually(lambda: [pod["spec"].get("nodeSelector") for pod in read_pods(here, "two")] == [None], within=60)


async def test_a_region_counts_the_gpus_that_are_left(operator_here: Here, kubectl: Kubectl) -> None:
    here = operator_here
    gpu = {"model": "L40S", "count": 2}
    here.write("Hardware", here.named("two"), {"cpu": "1m", "memory": "1Mi", "gpu": gpu})
    region = here.named("here")

    def capacity() -> int | None:
        status = kubectl.read("regions.inferops.dev", region).get("status") or {}
        found = {each["hardware"]: each["capacity"] for each in status.get("capacities") or []}
        return found.get(here.named("two"))

    await eventually(lambda: capacity() is not None, within=90)
    counted = capacity()
    assert counted is not None
    assert 0 <= counted <= 4  # the node has eight, which other tests use as well

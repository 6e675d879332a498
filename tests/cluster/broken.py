"""Instances that are broken, each in one way, and what is to be said of them."""

from typing import Any

from inferops.names import Manifest
from tests.cluster.manifests import BUSYBOX

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
    "no-such-host": (
        {"image": "registry.nowhere.test/team/model:1"},
        "ImagePullBackOff",
        r"lookup registry\.nowhere\.test.*\. Correct",
    ),
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
        r"asks for 8 test\.inferops\.dev/\S+, and the best node \(\S+\) has [0-7] of 8 free\. Free or add nodes",
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
    "no-handler": (
        {"hardware": "unhandled"},
        "SandboxFailed",
        r"no runtime for \"nothing\" is configured\. Its container runtime lacks the handler of RuntimeClass",
    ),
    "image-volume": (
        mounting(image={"reference": BUSYBOX}),
        "ImageVolumeNotSupported",
        r"The container runtime of node \S+ has no image volumes, which pod",
    ),
    "no-model": ({"image": None, "model": "absent"}, "ModelNotFound", r'spec\.model: there is no Model "absent"\.'),
}
OTHERS: dict[str, Manifest] = {
    "works": {},
    "holds-a-gpu": {"hardware": "one"},
    "stops-living": {"probes": {"liveness": WRONG_PATH | {"failureThreshold": 2}}, "rollout": {"drainSeconds": 0}},
    "unscaled": {"scale": {"min": 0, "max": 1, "triggers": {"http": {"rate": 1, "window": 10}}}},
}
OWN = "own"
"""Stands for the name of the test's own RuntimeClass."""
GPUS = {"one": 1, "eight": 8}
"""Hardware by how many it has of the GPUs that the node offers to these tests."""
HARDWARE: dict[str, Manifest] = {
    "nine": {"gpu": {"model": "L40S", "count": 9, "memory": "48Gi"}},
    "h100": {"nodeSelector": {"nvidia.com/gpu.product": "NVIDIA-H100"}},
    "strange": {"runtimeClassName": "strange"},
    "unhandled": {"runtimeClassName": OWN},
}

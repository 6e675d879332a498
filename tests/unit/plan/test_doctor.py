"""What a checkup says of what was seen."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inferops.names import Manifest
from inferops.plan.doctor.admission import check_admission
from inferops.plan.doctor.checkup import check_installation, check_rights
from inferops.plan.doctor.entry import (
    check_gateway,
    check_ingress,
    check_links,
    check_refusals,
    check_storage,
    check_tls,
)
from inferops.plan.doctor.keda import check_keda
from inferops.plan.doctor.metrics import check_metrics
from inferops.plan.doctor.nodes import check_nodes
from inferops.plan.doctor.processes import check_processes
from inferops.plan.doctor.survey import Link, Metrics, Survey
from inferops.plan.doctor.versions import check_cluster, check_definitions
from inferops.plan.seen import Seen
from inferops.plan.tls import Certificate
from inferops.settings import Settings
from tests.support.objects import deployment, hardware, lease, node, obj

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
CRD = "models.inferops.dev"


def survey(**fields: Any) -> Survey:
    given: dict[str, Any] = {
        "settings": Settings(),
        "now": NOON,
        "release": "0.1.0",
        "kubernetes": "v1.34.4",
        "features": {},
    }
    return Survey(**(given | fields))


def see(**kinds: list[Manifest]) -> Survey:
    return survey(seen={kind: Seen(objects) for kind, objects in kinds.items()})


GPU_NODE = {"nvidia.com/gpu.product": "NVIDIA-L40S"}
LABELLED = {"nvidia.com/gpu.present": "true"}
PROCESSES = [deployment("inferops-operator", 2, 2), deployment("inferops-control", 1, 2)]
LEASES = [lease("inferops-operator", "11:59:55"), lease("inferops-control", "11:59:50")]
KEDA = deployment("keda-operator", 1, image="ghcr.io/kedacore/keda:2.21.0")
OLD_KEDA = deployment("keda-operator", 1, image="keda:2.9.3")
API = obj("v1beta1.external.metrics.k8s.io", {"Available": "True"})
DOWN_API = obj("v1beta1.external.metrics.k8s.io", {"Available": "False no endpoints"})
BAD_SCALED = obj("chat", {"Ready": "False no answer from the scaler"})
LOAD_BALANCER = obj("inferops-gateway", spec={"type": "LoadBalancer"})
WITH_URL = Settings.model_validate({"prometheus": {"url": "http://p"}})
WITH_SECRET = Settings.model_validate({"prometheus": {"url": "http://p", "secretName": "p"}})
GPU_USER = obj("chat", spec={"regions": [{"scale": {"triggers": {"gpuMemory": {"threshold": 80}}}}]})
CLASSES: dict[str, Any] = {"metadata": {"annotations": {"ingressclass.kubernetes.io/is-default-class": "true"}}}

WITH_WEBHOOK = Settings.model_validate({"admission": {"enabled": True}})
WEBHOOK = {"ValidatingWebhookConfiguration": Seen([obj("inferops")])}
SCALER = obj(
    "s",
    metadata={"labels": {"kubernetes.io/service-name": "inferops-control"}},
    endpoints=[{"conditions": {"ready": True}}],
)
WITH_IMAGES = {"ImageVolume": True}
OLD, NEW = (
    {"Node": Seen([obj("a", status={"nodeInfo": {"containerRuntimeVersion": runtime}})])}
    for runtime in ("containerd://1.6.20", "containerd://2.1.4")
)
DAY = timedelta(days=1)


def with_api(api: list[Manifest]) -> Survey:
    """The gateway leads to a REST API."""
    settings = Settings.model_validate({"gateway": {"api": {"host": "inferops-api"}}})
    return survey(settings=settings, seen={"Deployment": Seen([*PROCESSES, *api]), "Lease": Seen(LEASES)})


CASES: list[tuple[Any, Survey, str, str, str]] = [
    (check_cluster, survey(), "Kubernetes", "ok", "v1.34.4"),
    (check_cluster, survey(kubernetes="v1.29.9"), "Kubernetes", "failure", "too old"),
    (check_cluster, survey(features=WITH_IMAGES, seen=NEW), "image volumes", "ok", "oci://"),
    (
        check_cluster,
        survey(features=WITH_IMAGES, seen=OLD),
        "image volumes",
        "note",
        "containerd 1.6",
    ),
    (check_cluster, survey(features=None), "image volumes", "note", "does not tell"),
    (check_definitions, survey(expected={CRD: {}}), CRD, "failure", "not installed"),
    (
        check_definitions,
        survey(
            expected={CRD: {}},
            seen={"CustomResourceDefinition": Seen([obj(CRD, {"Established": "True"})])},
            differences={CRD: ["spec.versions[v1].schema.openAPIV3Schema.properties.spec.rotate", "b", "c", "d"]},
        ),
        CRD,
        "failure",
        "differs in spec.rotate, b, c and 1 more",
    ),
    (check_processes, see(Deployment=PROCESSES, Lease=LEASES), "inferops-operator", "ok", "2 of 2"),
    (check_processes, see(Deployment=PROCESSES, Lease=LEASES), "inferops-control", "ok", "1 of 2 pods ready, the one"),
    (check_processes, see(Deployment=PROCESSES, Lease=LEASES), "versions", "ok", "0.1.0"),
    (check_processes, see(Deployment=PROCESSES), "inferops-ledger", "failure", "not installed"),
    (check_processes, see(Deployment=[deployment("inferops-ledger", 0)]), "inferops-ledger", "failure", "0 of 1"),
    (check_processes, with_api([]), "inferops-api", "failure", "not installed"),
    (check_processes, with_api([deployment("inferops-api", 1, 2)]), "inferops-api", "warning", "1 of 2 pods"),
    (
        check_processes,
        with_api([deployment("inferops-api", 1, image="i:2")]),
        "versions",
        "failure",
        "inferops-api runs",
    ),
    (check_processes, see(Deployment=PROCESSES, Lease=LEASES), "Lease inferops-operator", "ok", "pod-1 acts"),
    (
        check_processes,
        see(Deployment=PROCESSES, Lease=[lease("inferops-operator", "11:59:00")]),
        "Lease inferops-operator",
        "failure",
        "has not renewed its Lease for 60 s",
    ),
    (check_processes, see(Deployment=[deployment("inferops-operator", 0)]), "inferops-operator", "failure", "0 of 1"),
    (
        check_processes,
        see(
            Deployment=[deployment("inferops-operator", 1, image="i:1"), deployment("inferops-control", 1, image="i:2")]
        ),
        "versions",
        "failure",
        "inferops-control runs i:2",
    ),
    (
        check_processes,
        see(Deployment=[deployment("inferops-operator", 1, image="i:0.3.0")]),
        "versions",
        "warning",
        "0.3.0 is installed, and this program is 0.1.0",
    ),
    (check_rights, survey(denied=[]), "operator", "ok", "all"),
    (
        check_rights,
        survey(denied=[("get", "Secret", ""), ("list", "Secret", ""), ("update", "Lease", "ns")]),
        "operator",
        "failure",
        "Secret: get, list; Lease in ns: update",
    ),
    (check_rights, survey(denial="forbidden"), "operator", "unseen", "forbidden"),
    (check_keda, survey(seen={"ScaledObject": Seen([], served=False)}), "KEDA", "warning", "not installed"),
    (check_keda, see(KedaDeployment=[KEDA], APIService=[API]), "KEDA", "ok", "2.21.0 runs in namespace ns"),
    (check_keda, see(KedaDeployment=[OLD_KEDA], APIService=[API]), "KEDA", "failure", "2.9.3 is too old"),
    (check_keda, see(APIService=[API]), "KEDA", "failure", "no Deployment keda-operator"),
    (check_keda, see(KedaDeployment=[KEDA], APIService=[DOWN_API]), "metrics API", "failure", "no endpoints"),
    (
        check_keda,
        see(Deployment=PROCESSES),
        "scaler",
        "failure",
        "no replica",
    ),
    (
        check_keda,
        see(Deployment=PROCESSES, EndpointSlice=[SCALER]),
        "scaler",
        "ok",
        "",
    ),
    (check_keda, see(ScaledObject=[BAD_SCALED]), "ScaledObjects", "failure", "1 of 1 are not Ready: ns/chat"),
    (check_nodes, see(Node=[node("a", GPU_NODE, nvidia_gpu="0")]), "nvidia.com/gpu", "failure", "offer none: a"),
    (check_nodes, see(Node=[node("a", LABELLED)]), "nvidia.com/gpu", "failure", "offer none: a"),
    (check_nodes, see(Node=[node("a")]), "GPUs", "note", "no node offers any"),
    (
        check_nodes,
        see(Node=[node("a")], Hardware=[hardware("big", 8)]),
        "Hardware big",
        "warning",
        "8 of nvidia.com/gpu",
    ),
    (check_nodes, see(Node=[node("a")], Hardware=[hardware("small")]), "Hardware", "ok", "small"),
    (
        check_nodes,
        see(Node=[node("a")], Hardware=[hardware("l40s", nodeSelector={"gpu": "l40s"})]),
        "Hardware l40s",
        "warning",
        "none has its labels gpu=l40s",
    ),
    (
        check_nodes,
        see(Node=[node("a")], Region=[obj("eu", spec={"nodeSelector": {"zone": "eu"}})]),
        "Region eu",
        "warning",
        "zone=eu",
    ),
    (check_tls, survey(tls={"w": Certificate("there is no tls.crt")}), "certificate w", "failure", "no tls.crt"),
    (check_tls, survey(tls={"w": Certificate(refusal="403")}), "certificate w", "unseen", "403"),
    (
        check_tls,
        survey(tls={"w": Certificate(ends=NOON + timedelta(days=9))}),
        "certificate w",
        "warning",
        "2026-01-10",
    ),
    (check_tls, survey(tls={"w": Certificate(ends=NOON + timedelta(days=90))}), "certificate w", "ok", "good until"),
    (check_gateway, see(Deployment=[]), "inferops-gateway", "failure", "not installed"),
    (check_links, survey(links={"a": Link(connected=True)}), "connection to control", "ok", "1 of 1 gateway pods"),
    (check_links, survey(links={"a": Link(connected=True), "b": Link()}), "connection to control", "failure", "b lack"),
    (check_links, survey(links={"a": Link(refusal="403")}), "connection to control of a", "unseen", "403"),
    (
        check_refusals,
        see(InferenceInstance=[obj("chat"), obj("odd", status={"gatewayRefusal": "clusters: no (gateway-1)"})]),
        "configuration",
        "failure",
        "the gateway refuses that of ns/odd: clusters: no (gateway-1).",
    ),
    (check_gateway, see(Service=[LOAD_BALANCER]), "Service inferops-gateway", "failure", "leads to no pod"),
    (check_ingress, survey(), "IngressClass", "warning", "served by nobody"),
    (check_ingress, see(IngressClass=[obj("nginx")]), "IngressClass", "warning", "none of nginx is the default"),
    (check_ingress, see(IngressClass=[obj("nginx", **CLASSES)]), "IngressClass", "ok", '"nginx" is the default'),
    (check_admission, survey(), "webhook", "note", "is off"),
    (check_admission, survey(settings=WITH_WEBHOOK), "webhook", "failure", "is missing"),
    (check_admission, survey(seen=WEBHOOK), "certificate", "failure", "no certificate"),
    (check_admission, survey(seen=WEBHOOK, certificates=[NOON - DAY]), "certificate", "failure", "ended at 2025-12-31"),
    (check_admission, survey(seen=WEBHOOK, certificates=[NOON + DAY]), "certificate", "warning", "until 2026-01-02"),
    (check_admission, survey(seen=WEBHOOK, certificates=[NOON + 90 * DAY]), "certificate", "ok", "until 2026-04-01"),
    (check_admission, survey(seen=WEBHOOK), "Service inferops-webhook", "warning", "leads to no pod"),
    (check_storage, survey(), "StorageClass", "warning", "no default"),
    (check_metrics, survey(), "Prometheus", "note", "none is set"),
    (check_metrics, see(InferenceInstance=[GPU_USER]), "Prometheus", "warning", "used by chat"),
    (
        check_metrics,
        survey(settings=WITH_URL, metrics=Metrics("refused")),
        "Prometheus",
        "failure",
        "http://p: refused",
    ),
    (check_metrics, survey(metrics=Metrics()), "DCGM", "warning", "no series"),
    (check_metrics, survey(metrics=Metrics("none", podless=True)), "Prometheus", "note", "outside of pods"),
    (check_metrics, survey(settings=WITH_SECRET, metrics=Metrics("401")), "Prometheus", "note", "only control has"),
    (check_metrics, survey(metrics=Metrics(series=8)), "DCGM", "note", "none of 8 series names a pod"),
    (
        check_metrics,
        survey(seen={"InferenceInstance": Seen([GPU_USER])}, metrics=Metrics(series=8)),
        "DCGM",
        "failure",
        "none of 8 series names a pod",
    ),
    (
        check_metrics,
        see(InferenceInstance=[obj("chat", status={"metricsProblem": "queue: no replica answers."})]),
        "triggers",
        "warning",
        "of ns/chat see nothing, and hold its replicas: queue: no replica answers.",
    ),
    (check_metrics, survey(metrics=Metrics(series=8, labelled=3)), "DCGM", "ok", "3 of 8"),
]


@pytest.mark.parametrize(("check", "seen", "subject", "mark", "says"), CASES)
def test_a_checkup_says(check: Any, seen: Survey, subject: str, mark: str, says: str) -> None:
    lines = [line for line in check(seen) if line.subject == subject]
    assert lines, [line.subject for line in check(seen)]
    assert (lines[0].mark, says in lines[0].text) == (mark, True), lines[0]


def test_what_fails_always_says_what_to_do() -> None:
    for check, seen, *_ in CASES:
        for line in check(seen):
            if line.mark == "failure" and not line.subject.startswith("Lease"):
                assert line.action, line


def test_what_could_not_be_read_is_told_and_nothing_else_is_concluded_from_it() -> None:
    kinds = ("Deployment", "Service", "Lease", "Node", "ScaledObject", "KedaDeployment", "APIService")
    refused = survey(seen={kind: Seen([], refusal="forbidden") for kind in (*kinds, "CustomResourceDefinition")})
    lines = [line for section in check_installation(refused) for line in section.lines]
    assert not [line for line in lines if line.mark == "failure"]
    assert {line.subject for line in lines if line.mark == "unseen"} >= set(kinds)

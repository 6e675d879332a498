"""All sections of a checkup, in the order in which one thing needs the other."""

from collections.abc import Iterator

from inferops.names import Manifest
from inferops.plan.doctor.admission import check_admission
from inferops.plan.doctor.entry import (
    check_gateway,
    check_ingress,
    check_links,
    check_refusals,
    check_storage,
    check_tls,
)
from inferops.plan.doctor.keda import check_keda
from inferops.plan.doctor.nodes import check_nodes
from inferops.plan.doctor.processes import check_processes
from inferops.plan.doctor.survey import Survey
from inferops.plan.doctor.versions import check_cluster, check_definitions
from inferops.plan.report import Line, Section, failure, note, ok, unseen, warning

GPU_TRIGGERS = ("gpuMemory", "gpuUtilization")
ENTRY = (check_gateway, check_links, check_refusals, check_tls, check_ingress)
DCGM = "Install NVIDIA's DCGM exporter (the GPU operator brings it), and let Prometheus scrape it."
DCGM_PODS = "Let the DCGM exporter name pods (DCGM_EXPORTER_KUBERNETES=true), and the scrape keep its labels."


def check_installation(survey: Survey) -> list[Section]:
    """Everything."""
    return [
        Section("Cluster", list(check_cluster(survey))),
        Section("Kinds", list(check_definitions(survey))),
        Section("Processes", list(check_processes(survey))),
        Section("Permissions", list(check_rights(survey))),
        Section("Gateway", [line for check in ENTRY for line in check(survey)]),
        Section("Admission", list(check_admission(survey))),
        Section("KEDA", list(check_keda(survey))),
        Section("Nodes and catalog", list(check_nodes(survey))),
        Section("GPU metrics", list(check_metrics(survey))),
        Section("Storage", list(check_storage(survey))),
    ]


def check_rights(survey: Survey) -> Iterator[Line]:
    """Whether the operator's service account may do what the operator does."""
    if survey.denied is None:
        yield unseen("operator", survey.denial)
    elif survey.denied:
        verbs: dict[str, list[str]] = {}
        for verb, kind, namespace in survey.denied:
            verbs.setdefault(f"{kind}{f' in {namespace}' if namespace else ''}", []).append(verb)
        text = "; ".join(f"{kind}: {', '.join(several)}" for kind, several in verbs.items())
        mend = "Upgrade the chart (ClusterRole inferops-operator and its binding), or restore what it lost."
        yield failure("operator", f"its service account lacks rights: {text}", mend)
    else:
        yield ok("operator", "may do all that it needs")


def check_metrics(survey: Survey) -> Iterator[Line]:
    """Prometheus and DCGM: needed by GPU triggers only."""
    users = [obj["metadata"]["name"] for obj in survey.of("InferenceInstance").objects if has_gpu_trigger(obj)]
    if survey.metrics is None:
        text = "none is set (settings.scaler.prometheus): GPU triggers keep the replicas as they are"
        yield (
            warning("Prometheus", f"{text}. They are used by {', '.join(users[:5])}", "Set settings.scaler.prometheus.")
            if users
            else note("Prometheus", text)
        )
    elif survey.metrics.problem:
        action = "Correct settings.scaler.prometheus, or see why Prometheus does not answer."
        yield failure("Prometheus", f"{survey.settings.scaler.prometheus}: {survey.metrics.problem}", action)
    elif not survey.metrics.series:
        yield warning("DCGM", "Prometheus answers, and has no series DCGM_FI_DEV_GPU_UTIL", DCGM)
    elif not survey.metrics.labelled:
        yield failure(
            "DCGM", f"none of {survey.metrics.series} series names a pod: GPU triggers see nothing", DCGM_PODS
        )
    else:
        yield ok("DCGM", f"{survey.metrics.labelled} of {survey.metrics.series} GPUs are reported with their pod")


def has_gpu_trigger(instance: Manifest) -> bool:
    """Whether a region of it scales by GPU."""
    regions = (instance.get("spec") or {}).get("regions") or []
    triggers = [((region.get("scale") or {}).get("triggers") or {}) for region in regions]
    return any(name in each for each in triggers for name in GPU_TRIGGERS)

"""All sections of a checkup, in the order in which one thing needs the other."""

from collections.abc import Iterator

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
from inferops.plan.doctor.metrics import check_metrics
from inferops.plan.doctor.nodes import check_nodes
from inferops.plan.doctor.processes import check_processes
from inferops.plan.doctor.survey import Survey
from inferops.plan.doctor.versions import check_cluster, check_definitions
from inferops.plan.report import Line, Section, failure, ok, unseen

ENTRY = (check_gateway, check_links, check_refusals, check_tls, check_ingress)


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
        Section("Metrics of triggers", list(check_metrics(survey))),
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

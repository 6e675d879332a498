"""The explanation of an instance: which line speaks, and what comes next."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from inferops.errors import SpecError
from inferops.names import Manifest
from inferops.plan.conditions import Verdict
from inferops.plan.explain.chain import explain_instance, mark_of, next_step
from inferops.plan.explain.examined import Child, Examined, Gateway
from inferops.plan.explain.names import plan_needs, pod_needs
from inferops.plan.instance import plan_instance
from inferops.plan.report import Line, Mark, failures
from inferops.plan.types import Plan
from tests.support.plan_cases import read_case

CASES = Path(__file__).parents[2] / "golden" / "plan"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LEASE: Manifest = {
    "metadata": {"namespace": "inferops-system"},
    "spec": {"holderIdentity": "pod-1", "renewTime": "2026-01-01T11:59:58Z", "leaseDurationSeconds": 15},
}
GATEWAY = Gateway("inferops-gateway", {"metadata": {}}, {"status": {"readyReplicas": 2, "replicas": 2}})


def examine(case: str = "sleeping", generation: int = 1, **fields: Any) -> Examined:
    """A golden case that a running operator has looked at."""
    inputs, observed, settings = read_case(CASES, case)
    status = {"observedGeneration": 1, "address": "https://chat.example.com/"}
    obj = {**inputs.obj, "metadata": {**inputs.obj["metadata"], "generation": generation}, "status": status}
    inputs = replace(inputs, obj=obj)
    outcome: Plan | SpecError
    try:
        outcome = plan_instance(inputs, settings)
    except SpecError as error:
        outcome = error
    seen = Examined(inputs=inputs, outcome=outcome, observed=observed, now=NOON, gateway=GATEWAY, lease=LEASE)
    return replace(seen, **fields)


def explain(examined: Examined) -> tuple[list[Line], str]:
    sections = explain_instance(examined)
    return failures(sections), next_step(examined, sections)


def test_a_sleeping_instance_needs_nothing() -> None:
    failed, then = explain(examine())
    assert not failed
    assert then == "Nothing: it sleeps, and the next request to https://chat.example.com/ wakes it."


@pytest.mark.parametrize(
    ("fields", "subject", "says"),
    [
        ({"lease": None, "generation": 2}, "Lease", "Start the operator"),
        ({"children": [Child("Service", "chat", "missing")]}, "Service chat", "`inferops doctor` says"),
        ({"children": [Child("Service", "chat", "foreign", "it is not ours: rename it")]}, "Service chat", "rename it"),
        (
            {"gateway": Gateway("inferops-gateway", {}, {"status": {"replicas": 2}})},
            "gateway inferops-gateway",
            "doctor",
        ),
        ({"gateway": replace(GATEWAY, service=None)}, "gateway inferops-gateway", "Install the chart"),
    ],
)
def test_the_first_broken_link_says_what_to_do(fields: dict[str, Any], subject: str, says: str) -> None:
    failed, then = explain(examine(**fields))
    assert [line.subject for line in failed] == [subject]
    assert says in then


@pytest.mark.parametrize(
    "fields",
    [
        {"lease": None},
        {"children": [Child("Service", "chat", "drifted", "spec.ports")]},
        {"gateway": Gateway("inferops-gateway")},
        {"refusals": {"Pod": "forbidden", "Lease": "forbidden", "gateway": "forbidden", "settings": "forbidden"}},
    ],
)
def test_what_stops_no_answer_is_no_failure(fields: dict[str, Any]) -> None:
    assert explain(examine(**fields))[0] == []


def test_a_mistake_in_the_spec_comes_before_its_consequences() -> None:
    failed, then = explain(examine("unknown-model", lease=None, generation=2))
    assert {"Model tiny-chatt", "Accepted"} <= {line.subject for line in failed}
    assert then.startswith('Create Model "tiny-chatt", or name another. Did you mean "tiny-chat"?')


def test_a_catalog_that_cannot_be_seen_is_not_taken_for_missing() -> None:
    seen = examine("unknown-model", refusals={"Model": "models is forbidden"})
    written = {"type": "Available", "status": "True", "reason": "ReplicasAnswer", "message": "1 of 1."}
    seen.inputs.obj["status"]["conditions"] = [written]
    conditions, names = explain_instance(seen)[:2]
    assert conditions.lines[0] == Line(Mark.OK, "Available", "True ReplicasAnswer: 1 of 1.")
    assert [line.mark for line in names.lines if line.subject == "Model tiny-chatt"] == [Mark.UNSEEN]


def test_a_sentence_is_told_once() -> None:
    lines = explain_instance(examine("stopped"))[0].lines
    sentences = [line.text for line in lines]
    assert len(set(sentences)) == len(sentences)


@pytest.mark.parametrize(
    ("verdict", "mark"),
    [
        (("Progressing", "True", "RollingOut"), Mark.NOTE),
        (("Progressing", "False", "Settled"), Mark.OK),
        (("Progressing", "False", "CrashLoopBackOff"), Mark.FAILURE),
        (("Available", "False", "ScaledToZero"), Mark.NOTE),
        (("Available", "False", "Loading"), Mark.FAILURE),
        (("Scalable", "False", "KedaNotInstalled"), Mark.WARNING),
        (("Scalable", "Unknown", "Waiting"), Mark.NOTE),
        (("Routable", "True", "KeysReady"), Mark.OK),
    ],
)
def test_a_condition_is_marked_by_what_it_means(verdict: tuple[str, Any, str], mark: Mark) -> None:
    assert mark_of(Verdict(*verdict, "")) is mark


def test_everything_that_a_pod_cannot_start_without_is_found() -> None:
    env = [
        {"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
        {"name": "B", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}},
        {"name": "C", "valueFrom": {"secretKeyRef": {"name": "o", "key": "k", "optional": True}}},
    ]
    pod = {
        "imagePullSecrets": [{"name": "pull"}],
        "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "claim"}}, {"name": "t", "emptyDir": {}}],
        "containers": [{"name": "engine", "env": env}],
    }
    assert list(pod_needs(pod)) == [
        ("Secret", "pull", ""),
        ("PersistentVolumeClaim", "claim", ""),
        ("Secret", "s", "k"),
        ("ConfigMap", "c", "k"),
    ]


def test_a_claim_that_is_planned_itself_is_no_need() -> None:
    assert ("PersistentVolumeClaim", "", "") not in {
        (kind, "", "") for kind, _, _ in plan_needs(examine("cached").outcome)
    }

"""An instance and a catalog in, every object and the status out."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from inferops.cli.render import dump
from inferops.errors import SpecError
from inferops.names import Manifest
from inferops.plan.instance import plan_instance
from inferops.plan.status import build_status
from inferops.plan.types import Plan
from inferops.specs.instance import InstanceStatus
from tests.support.plan_cases import Case, read_case, read_documents, read_names

CASES = Path(__file__).parent / "plan"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NAMES = read_names(CASES)


def carry_out(case: Case) -> list[Manifest]:
    inputs, observed, settings = case
    outcome: Plan | SpecError
    try:
        outcome = plan_instance(inputs, settings)
    except SpecError as error:
        outcome = error
    status = build_status(inputs, outcome, observed, settings, NOON)
    InstanceStatus.model_validate(status)
    objects = list(outcome.objects) if isinstance(outcome, Plan) else []
    if isinstance(outcome, Plan):
        for obj in objects:
            if obj["kind"] == "Deployment":
                replicas = outcome.replicas[obj["metadata"]["name"]]
                count = replicas.initial if replicas.fixed is None else replicas.fixed
                obj["spec"] = {"replicas": count} | obj["spec"]
    meta = {key: inputs.obj["metadata"][key] for key in ("name", "namespace")}
    return [*objects, inputs.obj | {"metadata": meta, "status": status}]


@pytest.mark.parametrize("name", NAMES)
def test_a_plan_is_as_the_golden_file_says(name: str, golden: Callable[[Path, str], None]) -> None:
    golden(CASES / f"{name}.out.yaml", dump(carry_out(read_case(CASES, name))))


def test_every_golden_output_has_its_input() -> None:
    assert sorted(path.name.removesuffix(".out.yaml") for path in CASES.glob("*.out.yaml")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_no_name_is_too_long_for_kubernetes_or_keda(name: str) -> None:
    for obj in read_documents(CASES / f"{name}.out.yaml"):
        limit = 54 if obj["kind"] == "ScaledObject" else 63
        assert len(obj["metadata"]["name"]) <= limit
        for value in obj["metadata"].get("labels", {}).values():
            assert len(value) <= 63


def test_planning_twice_gives_the_same() -> None:
    case = read_case(CASES, "two-regions")
    assert dump(carry_out(case)) == dump(carry_out(case))

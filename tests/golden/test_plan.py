"""An instance and a catalog in, every object and the status out."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from inferops.cli.render import dump
from inferops.errors import SpecError
from inferops.plan.instance import plan_instance
from inferops.plan.status import build_status
from inferops.plan.types import InstanceInputs, Observed, Plan
from inferops.settings import Settings
from inferops.specs.instance import InstanceStatus

Manifest = dict[str, Any]
CASES = Path(__file__).parent / "plan"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NAMES = sorted(path.name.removesuffix(".in.yaml") for path in CASES.glob("*.in.yaml"))


def read(path: Path) -> list[Manifest]:
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


def gather(documents: list[Manifest]) -> tuple[InstanceInputs, Observed, Settings]:
    given: Manifest = next((doc for doc in documents if doc["kind"] == "Given"), {})
    objects = [doc for doc in [*read(CASES / "catalog.yaml"), *documents] if doc["kind"] != "Given"]
    known: dict[str, list[str]] = {}
    for obj in objects:
        known.setdefault(obj["kind"], []).append(obj["metadata"]["name"])
    inputs = InstanceInputs(
        obj=next(obj for obj in objects if obj["kind"] == "InferenceInstance"),
        named={(obj["kind"], obj["metadata"]["name"]): obj for obj in objects},
        known=known,
        keda=given.get("keda", True),
        claim=next((obj for obj in objects if obj["kind"] == "PersistentVolumeClaim"), None),
    )
    deployments = {obj["metadata"]["name"]: obj for obj in objects if obj["kind"] == "Deployment"}
    pods = [obj for obj in objects if obj["kind"] == "Pod"]
    return inputs, Observed(deployments=deployments, pods=pods), Settings.model_validate(given.get("settings", {}))


def carry_out(documents: list[Manifest]) -> list[Manifest]:
    inputs, observed, settings = gather(documents)
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
    golden(CASES / f"{name}.out.yaml", dump(carry_out(read(CASES / f"{name}.in.yaml"))))


def test_every_golden_output_has_its_input() -> None:
    assert sorted(path.name.removesuffix(".out.yaml") for path in CASES.glob("*.out.yaml")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_no_name_is_too_long_for_kubernetes_or_keda(name: str) -> None:
    for obj in read(CASES / f"{name}.out.yaml"):
        limit = 54 if obj["kind"] == "ScaledObject" else 63
        assert len(obj["metadata"]["name"]) <= limit
        for value in obj["metadata"].get("labels", {}).values():
            assert len(value) <= 63


def test_planning_twice_gives_the_same() -> None:
    documents = read(CASES / "two-regions.in.yaml")
    assert dump(carry_out(documents)) == dump(carry_out(documents))

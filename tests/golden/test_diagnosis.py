"""What pods, events and nodes of real clusters show in, one sentence out."""

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from inferops.cli.render import dump
from inferops.names import Manifest
from inferops.plan.diagnosis import Evidence, Finding, diagnose, diagnose_deployment
from tests.support.plan_cases import read_names

CASES = Path(__file__).parent / "diagnosis"
REASONS = Path(__file__).parents[2] / "docs/reference/reasons.md"
NAMES = read_names(CASES)


def find(case: Manifest) -> Finding | None:
    if "deployment" in case:
        return diagnose_deployment(case["deployment"])
    used = {node: {key: Decimal(value) for key, value in use.items()} for node, use in case.get("used", {}).items()}
    evidence = Evidence(
        nodes=case.get("nodes", []),
        events=case.get("events", {}),
        used=used,
        claims=case.get("claims", {}),
        overdue=frozenset(case.get("overdue", [])),
    )
    return diagnose([case["pod"]], evidence)


@pytest.mark.parametrize("name", NAMES)
def test_a_failure_is_explained_as_the_golden_file_says(name: str, golden: Callable[[Path, str], None]) -> None:
    finding = find(yaml.safe_load((CASES / f"{name}.in.yaml").read_text()))
    assert finding
    golden(CASES / f"{name}.out.yaml", dump([finding._asdict()]))


@pytest.mark.parametrize("name", NAMES)
def test_no_sentence_holds_a_secret_or_what_ticks(name: str) -> None:
    message = yaml.safe_load((CASES / f"{name}.out.yaml").read_text())["message"]
    for word in ("hf_abc", "0123456789abcdef", "pid=", "restarted"):
        assert word not in message


def test_every_reason_is_in_the_reference() -> None:
    known = set(re.findall(r"\w+", REASONS.read_text()))
    found = {yaml.safe_load(path.read_text())["reason"] for path in CASES.glob("*.out.yaml")}
    assert len(found) > 25
    assert found <= known

"""The list of metrics is that of the code, and their names follow Prometheus' conventions."""

from itertools import chain
from pathlib import Path

import pytest

from inferops.cli.metrics import REFERENCE, SECTIONS, Metric, build_reference, read_metrics

REPOSITORY = Path(__file__).resolve().parents[3]
METRICS = list(chain.from_iterable(read_metrics(module) for module in SECTIONS.values()))


def test_the_reference_is_up_to_date() -> None:
    assert (REPOSITORY / REFERENCE).read_text() == build_reference(), "run python -m inferops.cli.metrics"


def test_no_module_has_metrics_that_the_reference_lacks() -> None:
    definitions = [
        path.relative_to(REPOSITORY / "operator/inferops")
        for path in (REPOSITORY / "operator/inferops").rglob("*.py")
        if "from prometheus_client import" in path.read_text() and path.name != "health.py"
    ]
    documented = {Path(*module.__name__.split(".")[1:]).with_suffix(".py") for module in SECTIONS.values()}
    assert set(definitions) <= documented


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_metric_says_what_it_counts_and_in_which_unit(metric: Metric) -> None:
    assert metric.name.startswith("inferops_")
    assert metric.text.endswith(".")
    if metric.type == "histogram" or "Seconds" in metric.text.split(",")[0]:
        assert metric.name.removesuffix("_total").endswith("_seconds")

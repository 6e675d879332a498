"""docs/reference/metrics.md, from the metrics themselves: `python -m inferops.cli.metrics` writes it."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from prometheus_client.metrics import MetricWrapperBase

from inferops.api import metrics as api
from inferops.cluster import metrics as cluster
from inferops.control import metrics as control
from inferops.handlers import metrics as handlers
from inferops.metering import metrics as metering
from inferops.metering.ledger import metrics as ledger
from inferops.metering.reports import metrics as month

REFERENCE = "docs/reference/metrics.md"
HEADER = """# Metrics

<!-- Generated from the code by `python -m inferops.cli.metrics`: change the metrics there, then run it. -->

Operator and control show them at `:8080/metrics`, the REST API at `:8081/metrics`, beside those of every Python process
(`process_*`, `python_*`). Their pods carry `prometheus.io/scrape` annotations. The gateway's pods show theirs at
`:8001/metrics`: requests by instance and key, and Envoy's own (also alone, at `:8001/stats/prometheus`).
"""
SECTIONS: dict[str, ModuleType] = {
    "Operator": handlers,
    "Every process: requests to the API server": cluster,
    "Control": control,
    "REST API": api,
    "Gateway: requests": metering,
    "Ledger": ledger,
    "Ledger: this month": month,
}


class Metric(NamedTuple):
    """What the table says of a metric."""

    name: str
    type: str
    labels: tuple[str, ...]
    text: str


def read_metrics(module: ModuleType) -> Iterator[Metric]:
    """The metrics of a module, in their order there."""
    for metric in vars(module).values():
        if isinstance(metric, MetricWrapperBase):
            (family,) = metric.describe()
            name = f"{family.name}_total" if family.type == "counter" else family.name
            yield Metric(name, family.type, tuple(metric._labelnames), family.documentation)  # noqa: SLF001 - no other way


def build_reference() -> str:
    """The whole page."""
    lines = [HEADER]
    for title, module in SECTIONS.items():
        lines += [f"## {title}", "", "| metric | type | labels | meaning |", "| --- | --- | --- | --- |"]
        for metric in read_metrics(module):
            labels = ", ".join(f"`{label}`" for label in metric.labels)
            lines.append(f"| `{metric.name}` | {metric.type} | {labels} | {metric.text} |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    Path(*sys.argv[1:2], REFERENCE).write_text(build_reference())

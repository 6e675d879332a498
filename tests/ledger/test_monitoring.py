"""The chart's dashboard and alerts, asked of a real Prometheus that reads our metrics as scrapes label them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from inferops.cli.metrics import SECTIONS
from inferops.metering.ledger import metrics as ledger
from inferops.metering.reports import metrics as month
from tests.gateway.prometheus import Exporter, Prometheus
from tests.support.eventually import eventually

CHART = Path(__file__).resolve().parents[2] / "charts" / "inferops"
RULES = CHART / "rules" / "usage.yaml"
ALERTS = {rule["alert"]: rule["expr"] for rule in yaml.safe_load(RULES.read_text())["groups"][0]["rules"]}
PANELS = json.loads((CHART / "dashboards" / "usage.json").read_text())["panels"]
QUERIES = {f"{panel['title']}: {each['expr']}": each["expr"] for panel in PANELS for each in panel.get("targets", ())}
MODULES = {*SECTIONS.values(), ledger, month}
VALUES = {
    "kind": ("prompt", "completion"),
    "answer": ("failed", "ok"),
    "outcome": ("stored", "unreadable"),
    "client": ("team-a/nearly", "team-a/over"),
    "tenant": ("team-a",),
    "le": ("1", "+Inf"),
}
WELL = {"inferops_ledger_available": 1.0}
BUDGETS = {'inferops_control_budget_ratio{client="team-a/nearly"}': 0.9}
BAD = {"inferops_meter_oldest_seconds": 301.0, "inferops_control_budget_ratio": 1.2, **BUDGETS}


def families() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Name of a series, type and labels of every metric that we have, Envoy's module included."""
    yield "envoy_dynamicmodulescustom_inferops_log_lines_lost", "counter", ()
    for module in MODULES:
        for metric in vars(module).values():
            if isinstance(metric, MetricWrapperBase):
                (family,) = metric.describe()
                labels = tuple(metric._labelnames)
                if family.type == "histogram":
                    yield f"{family.name}_bucket", "untyped", (*labels, "le")
                else:
                    yield family.name + ("_total" if family.type == "counter" else ""), family.type, labels


def write_metrics(count: float, gauges: dict[str, float]) -> str:
    """A series for each label's values; counters stand at `count`, but those that tell of what went well."""
    lines = []
    for name, kind, labels in families():
        variants: list[tuple[str, ...]] = [()]
        for label in labels:
            variants = [(*each, f'{label}="{value}"') for each in variants for value in VALUES.get(label, ("x",))]
        for each in variants:
            series = f"{name}{{{','.join(each)}}}" if each else name
            value = gauges.get(series, gauges.get(name, 0.0)) if kind == "gauge" else count
            lines.append(f"{series} {0 if 'ok' in series and kind == 'counter' else value}")
    return "\n".join(lines) + "\n"


class Asked:
    """A Prometheus with our rules."""

    def __init__(self, folder: Path, exporter: Exporter) -> None:
        self.exporter = exporter
        self.prometheus = Prometheus(folder, exporter, {"job": "inferops", "instance": "10.0.0.1:8080"})
        config = json.loads((folder / "prometheus.json").read_text())
        config["global"]["evaluation_interval"] = "1s"
        (folder / "prometheus.json").write_text(json.dumps({**config, "rule_files": [str(RULES)]}))

    async def ask(self, expression: str) -> list[dict[str, Any]]:
        async with httpx.AsyncClient(base_url=self.prometheus.url) as http:
            said = (await http.get("/api/v1/query", params={"query": expression})).json()
        assert said["status"] == "success", said
        result: list[dict[str, Any]] = said["data"]["result"]
        return result

    async def find(self, expression: str) -> list[dict[str, Any]]:
        """Something: a scrape that took too long on a busy machine leaves nothing for a moment."""
        return await eventually(lambda: self.ask(expression), within=20)

    async def rules(self) -> set[str]:
        async with httpx.AsyncClient(base_url=self.prometheus.url) as http:
            groups = (await http.get("/api/v1/rules")).json()["data"]["groups"]
        return {rule["name"] for group in groups for rule in group["rules"] if not rule.get("lastError")}

    async def alerts(self) -> dict[str, list[dict[str, Any]]]:
        """That fire, or will where it stays so, by name; their texts are filled in."""
        async with httpx.AsyncClient(base_url=self.prometheus.url) as http:
            found = (await http.get("/api/v1/alerts")).json()["data"]["alerts"]
        return {name: [each for each in found if each["labels"]["alertname"] == name] for name in ALERTS}


def test_every_metric_that_is_asked_for_exists() -> None:
    known = {name for name, _, _ in families()}
    asked = {
        name
        for expr in (*ALERTS.values(), *QUERIES.values())
        for name in re.findall(r"(?:envoy_\w+_)?inferops_\w+", expr)
    }
    assert asked - known == set()


async def test_every_panel_has_data_and_every_alert_fires_when_it_should(tmp_path: Path) -> None:
    async with Exporter(write_metrics(0, WELL)).run() as exporter:
        asked = Asked(tmp_path, exporter)
        async with asked.prometheus.run():

            async def reads() -> bool:
                return len(await asked.ask("inferops_ledger_available[1m]")) > 0 and exporter.asked > 4

            await eventually(reads, within=30)
            assert await asked.rules() == ALERTS.keys()
            for title, query in QUERIES.items():
                expression = query.replace("$__rate_interval", "1m").replace("$tenant", ".*")
                found = await asked.find(expression)
                assert all(each["metric"].get("inference") in {None, "x"} for each in found), title
            fired = [alert for alert, expression in ALERTS.items() if await asked.ask(expression)]
            assert fired == []
            exporter.text, seen = write_metrics(100, BAD), exporter.asked
            await eventually(lambda: exporter.asked > seen + 4, within=30)
            for expression in ALERTS.values():
                assert await asked.find(expression)

            async def all_known() -> dict[str, list[dict[str, Any]]]:
                known = await asked.alerts()
                return known if all(known.values()) else {}

            check_texts(await eventually(all_known, within=20))


def check_texts(alerts: dict[str, list[dict[str, Any]]]) -> None:
    """What a person reads: whose, and how much."""
    texts = {name: each[0]["annotations"] for name, each in alerts.items()}
    assert not [text for each in texts.values() for text in each.values() if "<" in text or "{{" in text]
    assert texts["InferopsRecordsWaiting"]["summary"].endswith("has not taken for 5m 1s.")
    assert texts["InferopsUsageUnknown"]["summary"].startswith("Of 100% of the requests")
    nearly = {each["labels"]["client"]: each["annotations"]["summary"] for each in alerts["InferopsBudgetNearlySpent"]}
    assert nearly == {"team-a/nearly": "The key team-a/nearly has spent 90% of its budget."}
    assert {each["labels"]["client"] for each in alerts["InferopsBudgetSpent"]} == {"team-a/over"}
    states = {name: {each["state"] for each in alerts[name]} for name in alerts}
    assert (states["InferopsLedgerAway"], states["InferopsRecordsLost"]) == ({"pending"}, {"firing"})


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_says_what_to_do(alert: str) -> None:
    (rule,) = [each for each in yaml.safe_load(RULES.read_text())["groups"][0]["rules"] if each["alert"] == alert]
    assert rule["labels"]["severity"] in {"info", "warning", "critical"}
    assert rule["annotations"].keys() == {"summary", "description"}

"""What REST is asked for usage -> what the ledger is asked; the ledger's rows -> bodies. PURE."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from inferops.api.catalog import Catalog
from inferops.names import Manifest, instance_id
from inferops.rest.timeline import RegionTimeline, Timeline
from inferops.rest.usage import BudgetSpend, PriceChange, Spend, UsageReport, UsageRow

MILLISECOND = Decimal("0.001")
NAMES = {
    "prompt_tokens": "prompt",
    "completion_tokens": "completion",
    "cached_tokens": "cached",
    "reasoning_tokens": "reasoning",
    "currency_code": "currency",
}
"""Where REST and the ledger call a field differently."""
SAME = ("requests", "errors", "unknown", "broken", "images", "bytes_in", "bytes_out", "token_cost", "replica_cost")


def build_params(asked: Mapping[str, str | None], namespace: str, catalog: Catalog) -> dict[str, str]:
    """For the ledger. Of other namespaces nothing is asked; instances and regions go by the ledger's names."""
    params = {name: value for name, value in asked.items() if value is not None}
    if "instance" in params:
        params["instance"] = join(instance_id(namespace, name) for name in split(params["instance"]))
    if "region" in params:
        params["region"] = join(find_region(each, catalog) for each in split(params["region"]))
    return params | {"namespace": namespace}


def split(text: str) -> list[str]:
    """`a,b`."""
    return [each.strip() for each in text.split(",")]


def join(names: Iterable[str]) -> str:
    """The other way round."""
    return ",".join(names)


def find_region(text: str, catalog: Catalog) -> str:
    """By its name, or the number that REST knows it by."""
    return catalog.region_names.get(int(text), text) if text.isascii() and text.isdecimal() else text


def show_report(said: Mapping[str, Any], namespace: str) -> UsageReport:
    """All rows."""
    return UsageReport(
        start=said["from"],
        end=said["to"],
        every=said["every"],
        rows=[show_row(row, namespace) for row in said["rows"]],
        totals=[show_row(row, namespace) for row in said["totals"]],
    )


def show_row(row: Mapping[str, Any], namespace: str) -> UsageRow:
    """One row."""
    instance = row.get("instance")
    return UsageRow(
        start=row.get("start"),
        key=row.get("key"),
        model=row.get("model"),
        instance=instance and name_instance(instance, namespace),
        region=row.get("region"),
        audio_seconds=row["audio_ms"] * MILLISECOND,
        replica_seconds=None if row["replica_ms"] is None else row["replica_ms"] * MILLISECOND,
        unpriced=row["unpriced"],
        **{name: row[name] for name in SAME},
        **{ours: row[theirs] for ours, theirs in NAMES.items()},
    )


def name_instance(text: str, namespace: str) -> str:
    """`chat-0a1b2c3d` -> `chat`, also of an instance that is gone; as it is where it is none of the namespace."""
    name = text.rpartition("-")[0]
    return name if name and instance_id(namespace, name) == text else text


def show_timeline(said: Mapping[str, Any], catalog: Catalog) -> Timeline:
    """An instance's last hours."""
    known = catalog.regions
    return Timeline(
        start=said["from"],
        end=said["to"],
        regions=[
            RegionTimeline(region_id=known[row["region"]].id if row["region"] in known else None, **row)
            for row in said["regions"]
        ],
        **{name: said[name] for name in ("step", "requests", "errors", "held")},
    )


def show_price(row: Mapping[str, Any]) -> PriceChange:
    """One change."""
    return PriceChange(**{**row, "currency_code": row["currency"]})


def show_spend(said: Mapping[str, Any], currency: str) -> Spend:
    """All that a time has cost in the installation's currency."""
    for total in said["totals"]:
        if total["currency"] == currency:
            costs = {name: total[name] or 0 for name in ("token_cost", "replica_cost", "unknown")}
            return Spend(since=said["from"], **costs)
    return Spend(since=said["from"], token_cost=Decimal(0), replica_cost=Decimal(0), unknown=0)


def show_budget(key: Manifest, reports: Mapping[str, Mapping[str, Any]], currency: str) -> BudgetSpend:
    """Of a key that has one; `reports` by key, of the day and of the month."""
    name, budget = key["metadata"]["name"], key["spec"]["budget"]
    said = reports[budget["period"]]
    spent = [row["token_cost"] for row in said["rows"] if (row["key"], row["currency"]) == (name, currency)]
    since = datetime.fromisoformat(said["from"])
    return BudgetSpend(
        key=name,
        amount=budget["amount"],
        period=budget["period"],
        since=since,
        until=start_periods(since + timedelta(days=1 if budget["period"] == "day" else 31))[budget["period"]],
        spent=spent[0] if spent else Decimal(0),
    )


def start_periods(now: datetime) -> dict[str, datetime]:
    """When the day and the month began, UTC."""
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return {"day": day, "month": day.replace(day=1)}

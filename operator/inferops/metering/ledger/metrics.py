"""Every metric of the ledger, in one place; /metrics shows them."""

from prometheus_client import Counter, Gauge, Histogram

RECORDS = Counter(
    "inferops_ledger_records",
    "Records that meters delivered, by what became of them: stored, known (delivered again) or unreadable.",
    ["outcome"],
)
UNKNOWN = Counter("inferops_ledger_unknown", "Stored records of requests whose use nobody knows.", ["instance"])
UNPRICED = Counter("inferops_ledger_unpriced", "Stored records of which no Model is known, and so no price.")
LAG = Histogram(
    "inferops_ledger_lag_seconds",
    "From a request's end to its record in the database.",
    buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600, 86400),
)
STORE_SECONDS = Histogram(
    "inferops_ledger_store_seconds",
    "To store one delivery.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
FAILURES = Counter("inferops_ledger_failures", "What the database could not do, by what was asked.", ["work"])
AVAILABLE = Gauge("inferops_ledger_available", "1 while the database answers.")
SWEPT = Counter("inferops_ledger_swept", "Rows that were too old, by table.", ["table"])
REPLICAS = Gauge("inferops_ledger_replicas", "Pods of instances that are counted now.")

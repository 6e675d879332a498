"""Metrics of the operator; those of its requests to the API server are in cluster.metrics."""

from prometheus_client import Counter, Gauge, Histogram

RECONCILES = Counter(
    "inferops_reconciles",
    "Reconciles by kind and result: done, invalid (the user's input), gone (the object went meanwhile), retry (the API"
    " server's no), error (ours).",
    ["kind", "result"],
)
RECONCILE_SECONDS = Histogram(
    "inferops_reconcile_seconds",
    "Seconds that a reconcile took.",
    ["kind"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
RECONCILE_RETRIES = Counter(
    "inferops_reconcile_retries",
    "Reconciles that are tried again, by kind and reason: conflict (somebody else was faster), rejected (quota or"
    " policy), unavailable (the API server), timeout (it hung), error (ours).",
    ["kind", "reason"],
)
QUEUE_DEPTH = Gauge("inferops_queue_depth", "Keys that wait for a worker.")
QUEUE_OLDEST = Gauge(
    "inferops_queue_oldest_seconds",
    "How long the key that waits longest has waited for a worker; 0 on a replica that does not lead.",
)
QUEUE_DELAYED = Gauge("inferops_queue_delayed", "Keys that wait for their time.")
WATCH_AGE = Gauge(
    "inferops_watch_age_seconds",
    "Seconds since a watch last told something, by kind; over 75 the API server is away or the watch is dead.",
    ["kind"],
)
LEADER = Gauge("inferops_leader", "1 while this replica holds the Lease.")
INSTANCES = Gauge("inferops_instances", "InferenceInstances by phase.", ["phase"])
ADMISSIONS = Counter(
    "inferops_admission_reviews",
    "Answers of the admission webhook by kind and result: allowed, warned, denied, error (ours; the write passed).",
    ["kind", "result"],
)
ADMISSION_SECONDS = Histogram(
    "inferops_admission_seconds",
    "Seconds until the admission webhook answered.",
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1),
)
LOOP_STALL = Histogram(
    "inferops_loop_stall_seconds",
    "By how much the event loop was late, asked twenty times a second.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 10),
)

"""Metrics of what we ask of the API server; every process of ours shows them under /metrics."""

from prometheus_client import Counter, Histogram

API_WRITES = Counter("inferops_api_writes", "Writes that the API server accepted, by kind and verb.", ["kind", "verb"])
API_ERRORS = Counter(
    "inferops_api_errors", "Requests that failed, by kind and HTTP status (0: none came).", ["kind", "status"]
)
API_SECONDS = Histogram(
    "inferops_api_request_seconds",
    "Seconds until the API server answered, watches apart.",
    ["verb"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30),
)

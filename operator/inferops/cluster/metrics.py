"""Metrics of what we ask of the API server; every process of ours shows them under /metrics."""

from prometheus_client import Counter, Gauge, Histogram

API_REQUESTS = Counter(
    "inferops_api_requests",
    "Requests to the API server by verb (GET, LIST, WATCH, LOG, APPLY, PATCH, EDIT, CREATE, UPDATE, DELETE, REVIEW),"
    " kind and code: the HTTP status, 0 where no answer came.",
    ["verb", "kind", "code"],
)
API_SECONDS = Histogram(
    "inferops_api_request_seconds",
    "Seconds until the API server answered, by verb; watches apart.",
    ["verb"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30),
)
API_PAUSE = Gauge(
    "inferops_api_pause_seconds", "How long all requests wait now, because the API server is away or asked for it."
)

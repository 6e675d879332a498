"""Every metric of the REST API, in one place; /metrics shows them."""

from prometheus_client import Counter, Histogram

REQUESTS = Counter("inferops_rest_requests", "Requests, by route and answer.", ["method", "route", "status"])
SECONDS = Histogram(
    "inferops_rest_seconds",
    "From a request to the end of its answer, by route; followed logs last as long as they are followed.",
    ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30),
)

"""Metrics of requests, by instance and key; the meter of each gateway pod shows them."""

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, disable_created_metrics, generate_latest

CONTENT_TYPE = CONTENT_TYPE_LATEST
Series = Counter
"""A counter with its labels."""

REQUESTS = Counter(
    "inferops_gateway_requests",
    "Requests by instance, key (`<namespace>/<ApiKey>`) and status (429: limited); what is not known is empty.",
    ["instance", "client", "status"],
)
TOKENS = Counter(
    "inferops_gateway_tokens",
    "Tokens that engines counted, by instance, key and kind: prompt, completion, cached (of the prompt's), reasoning"
    " (of the completion's).",
    ["instance", "client", "kind"],
)
SECONDS = Histogram(
    "inferops_gateway_request_seconds",
    "From the first byte of a request to the last of its answer, by instance; the time that it was held counts.",
    ["instance"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
)
FIRST_BYTE = Histogram(
    "inferops_gateway_first_byte_seconds",
    "From the first byte of a request to the first of its answer's body, by instance: the time to the first token.",
    ["instance"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
UNREAD = Counter("inferops_gateway_unread_lines", "Lines of the access log that could not be read.")


def render_metrics() -> bytes:
    """As Prometheus reads them, without a series for each that tells when it was made."""
    disable_created_metrics()  # type: ignore[no-untyped-call]
    return generate_latest()

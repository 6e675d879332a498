"""Metrics of requests, by instance and key; the meter of each gateway pod shows them."""

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, disable_created_metrics, generate_latest

CONTENT_TYPE = CONTENT_TYPE_LATEST
Series = Counter
"""A counter, with or without its labels."""

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
AUDIO = Counter("inferops_gateway_audio_seconds", "Seconds of audio, by instance and key.", ["instance", "client"])
IMAGES = Counter("inferops_gateway_images", "Images that were made, by instance and key.", ["instance", "client"])
UNKNOWN = Counter(
    "inferops_gateway_unknown_usage",
    "Requests that used something of which neither the engine nor the gateway knows how much, by instance and key.",
    ["instance", "client"],
)
BROKEN = Counter(
    "inferops_gateway_broken_answers",
    "Answers that did not come to their end, by instance, key and who broke them off: client, engine, gateway (Envoy"
    " died).",
    ["instance", "client", "by"],
)
UNREAD = Counter("inferops_gateway_unread_lines", "Lines of the journal that could not be read.")
SHIPPED = Counter(
    "inferops_meter_records",
    "Records that were brought to the ledger, by outcome: stored, known (stored before), unreadable (kept there as they"
    " are), refused (set aside, in the meter's log).",
    ["outcome"],
)
FAILURES = Counter(
    "inferops_meter_failures",
    "Batches that the ledger did not take, and that come again, by reason: refused, timeout, reset, tls, status,"
    " nonsense.",
    ["reason"],
)
WAITING = Gauge("inferops_meter_waiting_bytes", "Of records that the ledger has not confirmed yet.")
OLDEST = Gauge(
    "inferops_meter_oldest_seconds", "Since the end of the first request that the ledger has not confirmed yet."
)
LOST = Counter("inferops_meter_lost_records", "Records that made room in a full journal before the ledger had them.")


def render_metrics() -> bytes:
    """As Prometheus reads them, without a series for each that tells when it was made."""
    disable_created_metrics()  # type: ignore[no-untyped-call]
    return generate_latest()

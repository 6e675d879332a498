"""Usage and spend of this month (UTC), which the ledger shows; reports have the same numbers exactly."""

from prometheus_client import Gauge

Series = Gauge
"""A gauge, with or without its labels."""
LABELS = ("tenant", "key", "model", "inference")
PLACE = ("tenant", "model", "inference", "region")
REQUESTS = Gauge("inferops_ledger_month_requests", "Requests of this month.", LABELS)
TOKENS = Gauge(
    "inferops_ledger_month_tokens",
    "Tokens of this month by kind: prompt, completion, cached (of the prompt's), reasoning (of the completion's).",
    (*LABELS, "kind"),
)
AUDIO = Gauge("inferops_ledger_month_audio_seconds", "Seconds of audio of this month.", LABELS)
UNKNOWN = Gauge("inferops_ledger_month_unknown", "Requests of this month whose usage nobody knows.", LABELS)
UNPRICED = Gauge("inferops_ledger_month_unpriced", "Requests of this month that no price was in force for.", LABELS)
TOKEN_COST = Gauge(
    "inferops_ledger_month_token_cost", "What tokens and audio of this month cost.", (*LABELS, "currency")
)
REPLICA_SECONDS = Gauge("inferops_ledger_month_replica_seconds", "Time of replicas in this month.", PLACE)
REPLICA_COST = Gauge("inferops_ledger_month_replica_cost", "What replicas of this month cost.", (*PLACE, "currency"))
AGE = Gauge("inferops_ledger_month_age_seconds", "How old the numbers of this month are.")

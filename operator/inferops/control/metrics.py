"""Every metric of control, in one place; /metrics shows them."""

from prometheus_client import Counter, Gauge, Histogram

GATEWAYS = Gauge("inferops_control_gateways", "Gateway replicas that are connected.")
NACKS = Counter("inferops_control_nacks", "Configurations that a gateway refused, by kind.", ["kind"])
ACK_TIMEOUTS = Counter(
    "inferops_control_ack_timeouts", "Configurations that a gateway did not acknowledge in time.", ["kind"]
)
ROUTES = Gauge("inferops_control_routes", "Instances that are routed, by state.", ["state"])
REBUILD_SECONDS = Histogram(
    "inferops_control_rebuild_seconds",
    "From a change of the cluster's state to the configuration that follows from it.",
    buckets=(0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
HOLDS = Counter("inferops_control_holds", "Held requests, by how the hold ended.", ["end"])
HELD = Gauge(
    "inferops_control_held", "Requests that wait for a replica, by instance, where there are any.", ["instance"]
)
LIMITS = Counter(
    "inferops_control_limits",
    "Questions of gateways for requests of a key, by answer: unlimited, granted, or why not: refused (requests in a"
    " minute), tokens (in a minute), budget (with what runs it may be spent), quota (the budget is spent).",
    ["answer"],
)
SETTLEMENTS = Counter(
    "inferops_control_settlements",
    "Requests of keys with limited tokens or money that have ended, by whether they had been asked about; `unknown`:"
    " they passed while control was away, or before it started.",
    ["answer"],
)
BUDGET_RATIO = Gauge("inferops_control_budget_ratio", "Spent of the budget of a key, 1 is all of it.", ["client"])
LEDGER_ANSWERS = Counter(
    "inferops_control_ledger_answers",
    "Questions to the ledger for what keys have spent, by result: ok, failed. While they fail, budgets count on from"
    " the last answer.",
    ["answer"],
)
WAKES = Counter("inferops_control_wakes", "Instances woken by control itself because KEDA did not.")
SLEEPS = Counter("inferops_control_sleeps", "Regions of instances that went to zero at the end of podLifetime.")
SCALER_CALLS = Counter(
    "inferops_control_scaler_calls", "Questions of KEDA, by method and answer.", ["method", "answer"]
)
NO_DATA = Counter(
    "inferops_control_no_data", "Questions for triggers that neither Prometheus nor an engine answered.", ["metric"]
)


def show_held(instance: str, count: int) -> None:
    """Only instances with held requests have a series: there may be ten thousand without."""
    if count:
        HELD.labels(instance).set(count)
    else:
        HELD.remove(instance)

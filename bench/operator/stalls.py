"""The operator's own record of how late its event loop was, between two moments."""

from tests.support.operator_process import OperatorProcess

Buckets = dict[float, float]
"""Observations up to so many seconds, cumulative as Prometheus has them."""


async def read_stalls(operator: OperatorProcess) -> Buckets:
    """Since the start of the process."""
    counts = await operator.read("inferops_loop_stall_seconds_bucket", "le")
    return {float(bound): count for bound, count in counts.items()}


def percentile(before: Buckets, after: Buckets, share: float) -> float:
    """Seconds that `share` of the observations between the two did not exceed, as histogram_quantile() finds it."""
    counts = sorted((bound, count - before.get(bound, 0)) for bound, count in after.items())
    rank, below, least = share * counts[-1][1], 0.0, 0.0
    for bound, count in counts:
        if count >= rank:
            return least + (min(bound, 10.0) - least) * (rank - below) / max(count - below, 1)
        below, least = count, bound
    return least

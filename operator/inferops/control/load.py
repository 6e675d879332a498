"""Load reports: every gateway says each second what it sent to each instance and what still runs.

Source: envoy.service.load_stats.v3.LoadReportingService
"""

import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

from envoy.service.load_stats.v3.lrs_pb2 import LoadStatsResponse
from envoy.service.load_stats.v3.lrs_pb2_grpc import LoadReportingServiceServicer

from inferops.control.activity import Activity, Load
from inferops.gateway.clusters import PLACEHOLDER_REGION

REPORT_SECONDS = 1
SHORTEST_REPORT = 0.001
"""Seconds; a gateway that does not say how long its report took must not be divided by."""


class LoadReports(LoadReportingServiceServicer):  # type: ignore[misc]
    """Feeds Activity with the load of clusters that `is_instance`: gateways report their own as well."""

    def __init__(self, activity: Activity, is_instance: Callable[[str], bool]) -> None:
        self._activity = activity
        self._is_instance = is_instance

    async def StreamLoadStats(self, requests: AsyncIterator[Any], _context: Any) -> AsyncIterator[Any]:
        """One gateway replica, until it leaves."""
        node = ""
        try:
            async for report in requests:
                if node:
                    self._take(node, report, time.monotonic())
                    continue
                node = report.node.id
                if report.cluster_stats:  # a gateway that was here before tells what it did meanwhile
                    # less than all of it: what it sent while nobody took it is lost
                    told = max(read_seconds(stats) for stats in report.cluster_stats)
                    self._take(node, report, time.monotonic(), told=told)
                answer = LoadStatsResponse(send_all_clusters=True)
                answer.load_reporting_interval.FromTimedelta(timedelta(seconds=REPORT_SECONDS))
                yield answer
        finally:
            self._activity.forget_gateway(node, time.monotonic())

    def _take(self, node: str, report: Any, now: float, *, told: float | None = None) -> None:
        self._activity.hear(node, now, told=told)
        for stats in report.cluster_stats:
            # thousands are reported each second of which nothing is to be said
            silent = not stats.upstream_locality_stats and not self._activity.busy(stats.cluster_name)
            if not silent and self._is_instance(stats.cluster_name):
                self._activity.report(node, stats.cluster_name, read_load(stats), now)


def read_load(stats: Any) -> Load:
    """A ClusterStats, of which each locality is a region."""
    issued, running, refused = Counter[str](), Counter[str](), False
    for part in stats.upstream_locality_stats:
        region = part.locality.region
        issued[region] += part.total_issued_requests
        if part.total_requests_in_progress:
            running[region] += part.total_requests_in_progress
        refused |= region == PLACEHOLDER_REGION and part.total_error_requests > 0
    return Load(issued, running, refused, read_seconds(stats))


def read_seconds(stats: Any) -> float:
    """Over how long a ClusterStats is."""
    interval = stats.load_report_interval
    return float(max(interval.seconds + interval.nanos / 1e9, SHORTEST_REPORT))

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
                if not node:
                    node = report.node.id
                    answer = LoadStatsResponse(send_all_clusters=True)
                    answer.load_reporting_interval.FromTimedelta(timedelta(seconds=REPORT_SECONDS))
                    yield answer
                    continue
                self._take(node, report, time.monotonic())
        finally:
            self._activity.forget_gateway(node, time.monotonic())

    def _take(self, node: str, report: Any, now: float) -> None:
        for stats in report.cluster_stats:
            # thousands are reported each second of which nothing is to be said
            silent = not stats.upstream_locality_stats and not self._activity.busy(stats.cluster_name)
            if not silent and self._is_instance(stats.cluster_name):
                self._activity.report(node, stats.cluster_name, read_load(stats), now)
        self._activity.gateways[node] = now


def read_load(stats: Any) -> Load:
    """A ClusterStats, of which each locality is a region."""
    issued: Counter[str] = Counter()
    running, refused = 0, False
    for part in stats.upstream_locality_stats:
        issued[part.locality.region] += part.total_issued_requests
        running += part.total_requests_in_progress
        refused |= part.locality.region == PLACEHOLDER_REGION and part.total_error_requests > 0
    return Load(issued, running, refused)

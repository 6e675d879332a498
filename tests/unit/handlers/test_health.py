"""The HTTP endpoints that Kubernetes and Prometheus ask."""

import httpx

from inferops.health import serve_health
from tests.support.ports import find_free_ports


async def test_problems_are_told_with_503_and_metrics_are_always_there() -> None:
    (port,) = find_free_ports(1)
    problems: list[str] = []
    async with (
        serve_health(port, alive=list, ready=lambda: problems),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http,
    ):
        assert (await http.get("/healthz")).status_code == 200
        assert (await http.get("/readyz")).status_code == 200
        problems += ["Pod is not read yet", "Node is not read yet"]
        answer = await http.get("/readyz")
        assert (answer.status_code, answer.text) == (503, "Pod is not read yet\nNode is not read yet\n")
        metrics = await http.get("/metrics")
        assert "inferops_queue_depth" in metrics.text
        assert metrics.headers["content-type"].startswith("text/plain")

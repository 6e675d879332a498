"""Where `inferops doctor` asks for metrics."""

import pytest

from inferops.cluster.surveyor import GATE, plan_proxy_path


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("http://prometheus.monitoring.svc:9090", "/api/v1/namespaces/monitoring/services/prometheus:9090/proxy"),
        ("http://p.m.svc.cluster.local/base/", "/api/v1/namespaces/m/services/p:80/proxy/base"),
        ("https://p.m.svc", "/api/v1/namespaces/m/services/https:p:443/proxy"),
        ("https://prometheus.example.com", ""),
        ("http://192.0.2.1:9090", ""),
    ],
)
def test_a_service_of_the_cluster_is_asked_through_the_api_server(url: str, path: str) -> None:
    assert plan_proxy_path(url) == path


def test_feature_gates_are_read_from_the_api_servers_metrics() -> None:
    text = (
        "# TYPE kubernetes_feature_enabled gauge\n"
        'kubernetes_feature_enabled{name="ImageVolume",stage="BETA"} 0\n'
        'kubernetes_feature_enabled{name="PodLevelResources",stage="BETA"} 1\n'
    )
    assert dict(GATE.findall(text)) == {"ImageVolume": "0", "PodLevelResources": "1"}

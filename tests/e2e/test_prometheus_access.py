"""A Prometheus that opens to a token only, as settings.prometheus.secretName of the chart gives it to control.

The token is asked for by an nginx in front of the real one: Prometheus itself knows users and passwords only, which
tests/gateway/test_prometheus_access.py shows.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dev.cluster.layout import NODE_IP, PROMETHEUS_PORT
from dev.target import Target
from tests.e2e.scaling import LONG
from tests.e2e.test_triggers import Streams, install_gpus, replicas, scaled, set_gpus
from tests.e2e.world import SYSTEM, World, eventually
from tests.gateway.nginx import find_nginx

PORT = 9091
SECRET = "e2e-prometheus"
CHART = Path(__file__).parents[2] / "charts/inferops"
RIGHT, WRONG = "tell-nobody-right", "tell-nobody-wrong"
FRONT = f"""
daemon off; master_process off; pid nginx.pid; error_log nginx.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server {{
        listen {NODE_IP}:{PORT};
        if ($http_authorization != "Bearer {RIGHT}") {{ return 401; }}
        location / {{ proxy_pass http://{NODE_IP}:{PROMETHEUS_PORT}; }}
    }}
}}
"""
pytestmark = [
    pytest.mark.destructive,
    pytest.mark.skipif(not LONG, reason="takes minutes, and installs anew: make test-long"),
]


@pytest.fixture
def front(tmp_path: Path) -> Iterator[None]:
    """Prometheus behind a token."""
    (tmp_path / "nginx.conf").write_text(FRONT)
    process = subprocess.Popen([find_nginx(), "-p", tmp_path, "-e", "nginx.log", "-c", "nginx.conf"])
    yield
    process.terminate()
    process.wait()


@contextmanager
def installed(target: Target, token: str) -> Iterator[None]:
    """The chart with settings for that Prometheus; and as it was."""
    url = f"settings.prometheus.url=http://{NODE_IP}:{PORT}"
    values = ("--reuse-values", "--set", url, "--set", f"settings.prometheus.secretName={SECRET}")
    write_token(target, token)
    target.helm("upgrade", "inferops", str(CHART), "--namespace", SYSTEM, *values, "--wait", "--timeout", "5m")
    try:
        yield
    finally:
        target.helm("rollback", "inferops", "--namespace", SYSTEM, "--wait", "--timeout", "5m")
        target.kubectl("-n", SYSTEM, "delete", "secret", SECRET)


def write_token(target: Target, token: str) -> None:
    """Make or change the Secret, as kubectl does."""
    made = ("create", "secret", "generic", SECRET, f"--from-literal=token={token}", "--dry-run=client", "-o", "yaml")
    target.kubectl("-n", SYSTEM, "apply", "-f", "-", stdin=target.kubectl(*made))


def test_a_wrong_token_is_told_and_the_right_one_picked_up_without_a_restart(
    local: Target, world: World, front: None
) -> None:
    assert front is None
    install_gpus(world)
    with installed(local, WRONG):
        world.apply(scaled("gpus", {"gpuUtilization": {"threshold": 80}}))
        world.wait_routable(world.wait_phase("gpus", "ACTIVE", within=180), world.key("e2e"))
        set_gpus(world, "gpus", utilization=160)
        pod = world.pod_of("control")
        with Streams(world, "gpus", 1):
            eventually(lambda: world.condition("gpus", "Scalable").get("reason") == "MetricsMissing", within=120)
            told = world.condition("gpus", "Scalable")["message"]
            assert "Prometheus answers 401; correct the Secret that settings.prometheus.secretName names." in told
            assert replicas(world, "gpus") == 1
            write_token(local, RIGHT)
            eventually(lambda: world.condition("gpus", "Scalable").get("status") == "True", within=180)
            eventually(lambda: replicas(world, "gpus") == 2, within=60)
        assert world.pod_of("control") == pod
        kept = (*("-n", SYSTEM, "get", "pod", pod, "-o"), "jsonpath={.status.containerStatuses[*].restartCount}")
        assert local.kubectl(*kept) == "0"
        for process in ("control", "operator"):
            assert "tell-nobody" not in local.kubectl("-n", SYSTEM, "logs", world.pod_of(process), "--all-containers")
        assert "tell-nobody" not in world.kubectl("get", "inf,events", "-o", "yaml")

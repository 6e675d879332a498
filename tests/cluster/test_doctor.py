"""`inferops doctor` on a real cluster with KEDA, GPUs and something that answers as Prometheus does."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from inferops.names import Manifest
from tests.cluster.here import Here
from tests.cluster.manifests import build_pod, build_service
from tests.support.eventually import eventually


def examine(here: Here, folder: Path, prometheus: str) -> dict[str, Any]:
    """The lines by subject."""
    settings = {"namespace": here.namespace, "prometheus": {"url": prometheus or None}}
    (file := folder / "settings.yaml").write_text(yaml.safe_dump(settings))
    command = [sys.executable, "-m", "inferops", "doctor", "--settings", str(file), "-o", "json"]
    environment = os.environ | {"KUBECONFIG": str(here.kubectl.kubeconfig)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in {0, 1}, done.stderr
    return {line["subject"]: line for each in json.loads(done.stdout)["sections"] for line in each["lines"]}


def build_prometheus(name: str, image: str, value: int) -> list[Manifest]:
    """A pod that answers every query with one number, and its Service."""
    answer = json.dumps({"status": "success", "data": {"result": [{"metric": {}, "value": [0, str(value)]}]}})
    script = f"mkdir -p /www/api/v1 && echo '{answer}' > /www/api/v1/query && exec /busybox httpd -f -p 8080 -h /www"
    return [build_pod(name, image, script.replace("mkdir", "/busybox mkdir")), build_service(name)]


def test_kinds_keda_and_gpus_of_the_cluster_are_seen(operator_here: Here, tmp_path: Path) -> None:
    lines = examine(operator_here, tmp_path, "")
    for subject in ("Kubernetes", "inferenceinstances.inferops.dev", "KEDA", "metrics API", "nvidia.com/gpu"):
        assert lines[subject]["mark"] == "ok", lines[subject]
    assert lines["nvidia.com/gpu"]["text"] == "8 on 1 node (NVIDIA-L40S)"


@pytest.mark.parametrize(("series", "mark"), [(8, "ok"), (0, "warning")])
async def test_prometheus_is_asked_where_only_the_cluster_can_reach_it(
    operator_here: Here, busybox: str, tmp_path: Path, series: int, mark: str
) -> None:
    here, name = operator_here, f"prometheus-{series}"
    here.apply(*build_prometheus(name, busybox, series))
    url = f"http://{name}.{here.namespace}.svc:80"
    line = await eventually(lambda: examine(here, tmp_path, url).get("DCGM"), within=60, interval=1)
    assert line is not None
    assert line["mark"] == mark, line


def test_a_prometheus_that_does_not_answer_fails_with_its_address(operator_here: Here, tmp_path: Path) -> None:
    url = f"http://absent.{operator_here.namespace}.svc:9090"
    line = examine(operator_here, tmp_path, url)["Prometheus"]
    assert line["mark"] == "failure"
    assert line["text"].startswith(url)

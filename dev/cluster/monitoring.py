"""Prometheus, and what it reads: the pretended GPUs' metrics. Both are processes of the host: they cost no pod."""

import json
import sys
from pathlib import Path

from dev.cluster.layout import GPU_EXPORTER_PORT, NODE_IP, PROMETHEUS_PORT, SOURCE, Layout
from dev.cluster.processes import Daemon

EXPORTER_POD = {"namespace": "gpu-operator", "pod": "nvidia-dcgm-exporter"}
"""Labels that a Prometheus in pods gives to all that it reads there: the exporter's own become `exported_pod`..."""


def build_prometheus(layout: Layout, programs: Path) -> Daemon:
    """Reads every 5 s, so that tests of scaling take seconds; keeps two hours. JSON is YAML."""
    config = layout.state / "prometheus.yaml"
    targets = {"targets": [f"{NODE_IP}:{GPU_EXPORTER_PORT}"], "labels": EXPORTER_POD}
    scrapes = [{"job_name": "dcgm-exporter", "static_configs": [targets]}]
    text = json.dumps({"global": {"scrape_interval": "5s", "scrape_timeout": "4s"}, "scrape_configs": scrapes})
    return Daemon(
        "prometheus",
        (
            f"{programs}/prometheus",
            f"--config.file={config}",
            f"--storage.tsdb.path={layout.state}/prometheus",
            "--storage.tsdb.retention.time=2h",
            f"--web.listen-address={NODE_IP}:{PROMETHEUS_PORT}",
            "--log.level=warn",
        ),
        {config: text},
    )


def build_gpu_exporter(layout: Layout) -> Daemon:
    """The one pretence: there is no GPU. The program is copied, so that a changed one is started anew."""
    program = layout.state / "gpu_exporter.py"
    argv = (sys.executable, str(program), f"--pki={layout.pki}", f"--port={GPU_EXPORTER_PORT}", f"--address={NODE_IP}")
    return Daemon("gpu-exporter", argv, {program: (SOURCE / "gpu_exporter.py").read_text()})

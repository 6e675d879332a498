"""Metrics of GPUs that are not there: what NVIDIA's DCGM exporter would say of the node's pretended ones.

Which pods have them comes from the API server. How busy they are is what somebody says:

    curl -X PUT http://10.244.0.1:9400/load/NAMESPACE/WORKLOAD -d '{"utilization": 160, "memory": 40}'

The utilization is shared by the workload's pods, as requests would be: 160 percent are 100 for one pod, 80 for two.
Memory is in percent of each. `DELETE` on the same path, and the pods have no series, as with a lost exporter.

Runs alone, with Python only. Source of names and labels: github.com/NVIDIA/dcgm-exporter.
"""

import argparse
import json
import ssl
import urllib.request
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

GPUS = 8
MEMORY_MIB = 81920
RESOURCE = "nvidia.com/gpu"
METRICS = UTILIZATION, USED, FREE = "DCGM_FI_DEV_GPU_UTIL", "DCGM_FI_DEV_FB_USED", "DCGM_FI_DEV_FB_FREE"
PARTS = 4
"""Of `/load/NAMESPACE/WORKLOAD`, with the empty one before the first slash."""


class Load(NamedTuple):
    """Of one workload, in percent; idle where nobody says otherwise."""

    utilization: float = 0.0
    memory: float = 0.0
    silent: bool = False


class Cluster:
    """The pods with GPUs, by the API server."""

    def __init__(self, address: str, pki: Path) -> None:
        self._url = f"https://{address}:6443/api/v1/pods?fieldSelector=status.phase%3DRunning"
        self._tls = ssl.create_default_context(cafile=str(pki / "ca.crt"))
        self._tls.load_cert_chain(pki / "admin.crt", pki / "admin.key")

    def read_pods(self) -> Iterator[tuple[str, str, int]]:
        """Namespace, name and number of GPUs of each."""
        with urllib.request.urlopen(self._url, context=self._tls, timeout=3) as response:  # noqa: S310 - https only
            pods = json.load(response)["items"]
        for pod in pods:
            limits = (each.get("resources", {}).get("limits", {}) for each in pod["spec"]["containers"])
            if count := sum(int(limit.get(RESOURCE, 0)) for limit in limits):
                yield pod["metadata"]["namespace"], pod["metadata"]["name"], count


def workload_of(pod: str) -> str:
    """Its Deployment: a pod's name has two parts more."""
    return pod.rsplit("-", 2)[0]


def render(pods: list[tuple[str, str, int]], loads: dict[tuple[str, str], Load]) -> str:
    """The text that Prometheus reads. GPUs of nobody are idle, and name no pod."""
    shares = Counter((namespace, workload_of(name)) for namespace, name, _ in pods)
    samples: list[tuple[str, Load]] = []
    for namespace, name, count in pods:
        owner = namespace, workload_of(name)
        load = loads.get(owner, Load())
        share = load._replace(utilization=min(100.0, load.utilization / shares[owner]))
        labels = f',container="engine",namespace="{namespace}",pod="{name}"'
        samples += [(labels, share)] * count
    samples += [("", Load())] * (GPUS - len(samples))
    lines: list[str] = []
    for metric in METRICS:
        lines.append(f"# TYPE {metric} gauge")
        for gpu, (labels, load) in enumerate(samples):
            if not load.silent:
                uuid = f"GPU-00000000-0000-0000-0000-{gpu:012d}"
                value = read(metric, load)
                lines.append(f'{metric}{{gpu="{gpu}",UUID="{uuid}",modelName="pretended"{labels}}} {value:g}')
    return "\n".join([*lines, ""])


def read(metric: str, load: Load) -> float:
    """Percent, or MiB."""
    if metric == UTILIZATION:
        return load.utilization
    percent = load.memory if metric == USED else 100 - load.memory
    return MEMORY_MIB * percent / 100


class Handler(BaseHTTPRequestHandler):
    """GET /metrics, PUT and DELETE /load/NAMESPACE/WORKLOAD."""

    cluster: Cluster
    loads: dict[tuple[str, str], Load]

    def do_GET(self) -> None:
        """Metrics; without an API server an error, as of an exporter that does not know its pods."""
        self.answer(200, render(list(self.cluster.read_pods()), self.loads))

    def do_PUT(self) -> None:
        """Say how busy a workload is."""
        given: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.keep(Load(**given))

    def do_DELETE(self) -> None:
        """Say nothing more of it."""
        self.keep(Load(silent=True))

    def keep(self, load: Load) -> None:
        """For the workload that the path names."""
        parts = self.path.split("/")
        if len(parts) == PARTS and parts[1] == "load":
            self.loads[parts[2], parts[3]] = load
            self.answer(200, "")
        else:
            self.answer(404, "")

    def answer(self, status: int, text: str) -> None:
        """Plain text."""
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class' name
        """Prometheus asks every few seconds: nothing to say."""


def main() -> None:
    """Until a signal ends it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--pki", type=Path, required=True)
    options = parser.parse_args()
    Handler.cluster, Handler.loads = Cluster(options.address, options.pki), {}
    ThreadingHTTPServer((options.address, options.port), Handler).serve_forever()


if __name__ == "__main__":
    main()

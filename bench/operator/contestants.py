"""The three operators, each as the process that a cluster would run."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.go_programs import build_program
from bench.operator.template import build_environment
from tests.support.apiserver import ApiServer, run_program
from tests.support.operator_process import OperatorProcess

CONTESTANTS = ("inferops", "controller-runtime", "kopf-handlers")
KOPF_HANDLERS = Path(__file__).parent / "kopf_handlers.py"
PEER = Path(__file__).parents[1] / "peer"


@contextmanager
def run_contestant(name: str, server: ApiServer, folder: Path) -> Iterator[int]:
    """One of CONTESTANTS; yields its process id."""
    if name == "inferops":
        with run_operator(server, folder) as operator:
            yield operator.pid
        return
    environment = {"KUBECONFIG": str(server.kubeconfig), **build_environment(folder / "template.json")}
    kopf = [sys.executable, "-m", "kopf", "run", "--all-namespaces", "--standalone", str(KOPF_HANDLERS)]
    command = [str(build_program(PEER))] if name == "controller-runtime" else kopf
    with run_program(["env", *(f"{key}={value}" for key, value in environment.items()), *command], folder) as process:
        yield process.pid


@contextmanager
def run_operator(server: ApiServer, folder: Path) -> Iterator[OperatorProcess]:
    """`inferops operator` with the settings that an installation begins with."""
    operator = OperatorProcess(folder, server.kubeconfig, {"logLevel": "WARNING"}, "bench")
    try:
        yield operator
    finally:
        operator.terminate()

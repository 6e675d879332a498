"""Which cluster commands speak to: the local one, or one of yours named by KUBECONFIG or CONTEXT."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dev.cluster.layout import CONTEXT, read_layout


@dataclass(frozen=True)
class Target:
    """A cluster and the programs that speak to it."""

    kubeconfig: str
    context: str
    local: bool
    """Whether it is the cluster that dev.cluster made: the only one that destructive tests may touch."""
    programs: str = ""
    """Folder of kubectl and helm; empty: those on PATH."""

    @property
    def env(self) -> dict[str, str]:
        """Environment in which kubectl, helm and Python clients find the cluster."""
        path = os.pathsep.join(filter(None, [self.programs, os.environ.get("PATH", "")]))
        return os.environ | {"PATH": path} | ({"KUBECONFIG": self.kubeconfig} if self.kubeconfig else {})

    def kubectl(self, *args: str, stdin: str | None = None, check: bool = True, timeout: float = 300) -> str:
        """Run kubectl and return what it printed; its error is shown."""
        command = ["kubectl", f"--context={self.context}", *args]
        done = subprocess.run(
            command, env=self.env, input=stdin, capture_output=True, text=True, check=False, timeout=timeout
        )
        if check and done.returncode:
            raise SystemExit(f"{' '.join(command)}\n{done.stderr.strip()}")
        return done.stdout if check else done.stdout + done.stderr

    def helm(self, *args: str) -> None:
        """Run helm; what it prints is kept unless it fails."""
        command = ["helm", f"--kube-context={self.context}", *args]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.stdout.write(done.stdout)
            raise SystemExit(f"{' '.join(command)}\n{done.stderr.strip()}")


def read_target(env: Mapping[str, str] = os.environ) -> Target:
    """The cluster that this environment asks for; the local one where it asks for none."""
    local = read_layout(env)
    kubeconfig, context = env.get("KUBECONFIG", ""), env.get("CONTEXT", "")
    ours = str(local.kubeconfig())
    if not context and kubeconfig in {"", ours}:
        return Target(ours, CONTEXT, local=True, programs=read_programs())
    current = ["kubectl", "config", "current-context"]
    context = context or subprocess.run(current, capture_output=True, text=True, check=True).stdout.strip()
    return Target(kubeconfig, context, local=context == CONTEXT and kubeconfig == ours)


def read_programs() -> str:
    """Folder with the local cluster's kubectl and helm."""
    root = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-m", "dev.cluster", "env"], cwd=root, capture_output=True, text=True, check=True
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("export PATH="))
    return line.removeprefix("export PATH=").strip("\"'").split(os.pathsep)[0]

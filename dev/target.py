"""kubectl and helm, as installation, demo and end-to-end tests run them: against the cluster that is in force."""

import os
import subprocess
import sys
from dataclasses import dataclass

from dev.cluster.layout import read_layout
from dev.cluster.processes import LESS_COLLECTION
from dev.cluster.programs import read_folder
from dev.cluster.target import read_target as read_cluster
from dev.cluster.target import write_kubeconfig


@dataclass(frozen=True)
class Target:
    """A cluster and the environment in which programs find it."""

    context: str
    local: bool
    """Whether it is the cluster that dev.cluster made: the only one that destructive tests may touch."""
    env: dict[str, str]

    def kubectl(self, *args: str, stdin: str | None = None, check: bool = True, timeout: float = 300) -> str:
        """Run kubectl and return what it printed; without `check` its errors too."""
        done = subprocess.run(
            ["kubectl", *args], env=self.env, input=stdin, capture_output=True, text=True, check=False, timeout=timeout
        )
        if check and done.returncode:
            raise SystemExit(f"kubectl {' '.join(args)}\n{done.stderr.strip()}")
        return done.stdout if check else done.stdout + done.stderr

    def helm(self, *args: str) -> None:
        """Run helm; what it prints is shown only when it fails."""
        done = subprocess.run(["helm", *args], env=self.env, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.stdout.write(done.stdout)
            raise SystemExit(f"helm {' '.join(args)}\n{done.stderr.strip()}")


def read_target() -> Target:
    """The cluster that KUBECONFIG and CONTEXT name; the local one where they name none."""
    layout = read_layout()
    cluster = read_cluster(layout)
    path = os.pathsep.join([str(read_folder(layout)), os.environ["PATH"]])
    kubeconfig = str(write_kubeconfig(layout, cluster))
    env = os.environ | LESS_COLLECTION | {"PATH": path, "KUBECONFIG": kubeconfig}
    return Target(cluster.context, cluster.local, env)

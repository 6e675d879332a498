"""The cluster's API through kubectl, as the cluster's administrator."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.cluster.processes import LESS_COLLECTION
from dev.cluster.progress import ClusterError


@dataclass(frozen=True)
class Kubectl:
    """One kubectl binary and the kubeconfig it uses."""

    program: Path
    kubeconfig: Path

    def run(self, *arguments: str, text: str = "") -> str:
        """Run kubectl with `text` as its input; its output."""
        command = [str(self.program), f"--kubeconfig={self.kubeconfig}", "--request-timeout=30s", *arguments]
        env = os.environ | LESS_COLLECTION
        result = subprocess.run(command, env=env, input=text, capture_output=True, text=True, check=False)
        if result.returncode:
            raise ClusterError(f"kubectl {' '.join(arguments[:3])} failed: {result.stderr.strip()}")
        return result.stdout

    def read(self, *arguments: str) -> Any:
        """Run `kubectl get` and parse what it says."""
        return json.loads(self.run("get", *arguments, "--output=json"))

    def apply(self, *manifests: dict[str, Any]) -> None:
        """Server-side apply of plain dicts."""
        objects = json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests})
        self.run("apply", "--server-side", "--force-conflicts", "--filename=-", text=objects)

    def apply_file(self, path: Path) -> None:
        """Server-side apply of a file of manifests."""
        self.run("apply", "--server-side", "--force-conflicts", f"--filename={path}")

    def succeeds(self, *arguments: str) -> bool:
        """Whether kubectl could do it."""
        try:
            self.run(*arguments)
        except ClusterError:
            return False
        return True

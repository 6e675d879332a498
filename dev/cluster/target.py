"""Which cluster is in force: the local one, or the one that KUBECONFIG or CONTEXT= names."""

import base64
import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.cluster.layout import CONTEXT, Layout
from dev.cluster.progress import ClusterError


@dataclass(frozen=True)
class Target:
    """A kubeconfig (one path, or several as KUBECONFIG has them), its context, and whether it is the local cluster."""

    kubeconfig: str
    context: str
    local: bool


def read_target(layout: Layout, env: Mapping[str, str] = os.environ) -> Target:
    """The cluster that commands and tests use.

    CONTEXT names a context of KUBECONFIG (or of ~/.kube/config); KUBECONFIG alone means its current context;
    neither, or CONTEXT=inferops-dev alone, means the local cluster, whether it runs or not.
    """
    own = str(layout.kubeconfig())
    kubeconfig, context = env.get("KUBECONFIG", ""), env.get("CONTEXT", "")
    if kubeconfig in {"", own} and context in {"", CONTEXT}:
        return Target(own, CONTEXT, local=True)
    kubeconfig = kubeconfig or str(Path.home() / ".kube/config")
    view = read_view(kubeconfig, context)
    return Target(kubeconfig, view["current-context"], local=is_local(layout, view))


def read_view(kubeconfig: str, context: str) -> dict[str, Any]:
    """What kubectl understands of one context: everything inside, nothing else."""
    kubectl = shutil.which("kubectl")
    if not kubectl:
        raise ClusterError("kubectl: not found in PATH; it is needed to use a cluster other than the local one")
    command = [kubectl, "config", "view", "--minify", "--flatten", "--output=json", f"--context={context}"]
    env = os.environ | {"KUBECONFIG": kubeconfig}
    result = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if result.returncode:
        raise ClusterError(f"KUBECONFIG={kubeconfig} CONTEXT={context}: {result.stderr.strip()}")
    view: dict[str, Any] = json.loads(result.stdout)
    return view


def is_local(layout: Layout, view: Mapping[str, Any]) -> bool:
    """Whether a kubeconfig trusts the local cluster's own authority, whatever its names are."""
    authority = layout.pki / "ca.crt"
    return authority.exists() and base64.b64encode(authority.read_bytes()).decode() in json.dumps(view["clusters"])


def write_kubeconfig(layout: Layout, target: Target) -> Path:
    """A kubeconfig whose current context is the target's, so that kubectl, helm and tests all use that one."""
    if target.kubeconfig == str(layout.kubeconfig()):
        return layout.kubeconfig()
    path = layout.cache / "kubeconfigs" / re.sub(r"[^\w.-]", "_", target.context)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(read_view(target.kubeconfig, target.context), indent=2))
    return path

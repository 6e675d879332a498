"""The cluster's programs, built from Go modules and kept in the cache by the content that made them."""

import functools
import hashlib
import os
import re
import shutil
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dev.cluster.layout import SOURCE, Layout
from dev.cluster.progress import ClusterError, say

GO_FLAGS = ("-trimpath", "-buildvcs=false")


@dataclass(frozen=True)
class Tool:
    """One Go module under tools/: its folder's name, and its programs as binary name -> Go package."""

    name: str
    programs: Mapping[str, str]
    tags: tuple[str, ...] = ()
    """Build tags (go help buildconstraint)."""

    @property
    def source(self) -> Path:
        """The module's folder."""
        return SOURCE / "tools" / self.name

    @property
    def ldflags(self) -> str:
        """Linker flags: stripped, and Kubernetes knows its own version, which it otherwise reports as v0.0.0."""
        version = re.search(r"k8s\.io/kubernetes (v\S+)", (self.source / "go.mod").read_text())
        return "-s -w" + (f" -X k8s.io/component-base/version.gitVersion={version[1]}" if version else "")


# In the order in which others can begin to use them: an API server needs the first three only.
TOOLS = (
    Tool("etcd", {"etcd": "go.etcd.io/etcd/server/v3"}),
    Tool(
        "kubernetes",
        {
            name: f"k8s.io/kubernetes/cmd/{name}"
            for name in (
                "kube-apiserver",
                "kubectl",
                "kube-controller-manager",
                "kube-scheduler",
                "kubelet",
                "kube-proxy",
            )
        },
    ),
    Tool("pause", {"pause": "."}),
    Tool("coredns", {"coredns": "."}),
    Tool("helm", {"helm": "helm.sh/helm/v3/cmd/helm"}),
    Tool("metrics-server", {"metrics-server": "sigs.k8s.io/metrics-server/cmd/metrics-server"}),
    Tool(
        "keda",
        {
            "keda": "github.com/kedacore/keda/v2/cmd/operator",
            "keda-adapter": "github.com/kedacore/keda/v2/cmd/adapter",
            "keda-admission-webhooks": "github.com/kedacore/keda/v2/cmd/webhooks",
        },
    ),
    # without its pages, which npm would have to build, and without the clouds that it could find targets in
    Tool("prometheus", {"prometheus": "github.com/prometheus/prometheus/cmd/prometheus"}, tags=("remove_all_sd",)),
)


@functools.cache
def read_go_version() -> str:
    """What `go version` says; it is part of every key."""
    if not shutil.which("go"):
        raise ClusterError("go: not found in PATH. Install Go 1.26 or later (https://go.dev/dl)")
    return subprocess.run(["go", "version"], check=True, capture_output=True, text=True).stdout.strip()


@functools.cache
def read_key(name: str) -> str:
    """12 hex digits that change with a tool's module, its flags or the Go version."""
    tool = find_tool(name)
    tags = f"\0{tool.tags}" if tool.tags else ""
    digest = hashlib.sha256(f"{read_go_version()}\0{GO_FLAGS}\0{tool.ldflags}\0{tool.programs}{tags}".encode())
    for path in sorted(tool.source.rglob("*")):
        digest.update(f"{path.relative_to(tool.source)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def find_tool(name: str) -> Tool:
    """The tool of that name."""
    return next(tool for tool in TOOLS if tool.name == name)


def read_folder(layout: Layout) -> Path:
    """The one folder with all programs, for PATH: links into the cache, keyed by all the tools together."""
    keys = "".join(read_key(tool.name) for tool in TOOLS)
    return layout.cache / "bin" / f"all-{hashlib.sha256(keys.encode()).hexdigest()[:12]}"


def build_programs(layout: Layout, only: frozenset[str] = frozenset()) -> Path:
    """Build what the cache lacks (all, or the named programs) and return the folder for PATH."""
    known = {program for tool in TOOLS for program in tool.programs}
    if unknown := only - known:
        raise ClusterError(f"{', '.join(sorted(unknown))}: no such program; there are {', '.join(sorted(known))}")
    folder = read_folder(layout)
    folder.mkdir(parents=True, exist_ok=True)
    for tool in TOOLS:
        built = layout.cache / "bin" / f"{tool.name}-{read_key(tool.name)}"
        for program, package in tool.programs.items():
            if only and program not in only:
                continue
            if not (built / program).exists():
                build_program(tool, package, built / program)
            with suppress(FileExistsError):
                (folder / program).symlink_to(f"../{built.name}/{program}")
    return folder


def build_program(tool: Tool, package: str, target: Path) -> None:
    """Build one program; it appears under its name only when it is whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    began = time.monotonic()
    say(f"  building {target.name} (cached from then on)")
    tags = ("-tags", ",".join(tool.tags)) if tool.tags else ()
    command = ["go", "build", *GO_FLAGS, *tags, "-ldflags", tool.ldflags, "-o", str(partial), package]
    env = os.environ | {"CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"}
    result = subprocess.run(command, cwd=tool.source, env=env, capture_output=True, text=True, check=False)
    if result.returncode:
        partial.unlink(missing_ok=True)
        lines = "\n    ".join(result.stderr.splitlines()[-20:])
        raise ClusterError(f"{target.name}: go build {package} in {tool.source} failed:\n    {lines}")
    partial.rename(target)
    say(f"  {'built ' + target.name:<58} {time.monotonic() - began:6.1f} s")

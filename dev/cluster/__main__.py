"""The command line: `python3 -m dev.cluster COMMAND`, from the repository's root, with nothing installed."""

import argparse
import fcntl
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.cluster import cluster, containerd, status, teardown
from dev.cluster.keda import render_manifests
from dev.cluster.layout import API_SERVER, REGISTRY_NAME, REGISTRY_PORT, Layout, read_layout
from dev.cluster.packages import install_packages
from dev.cluster.programs import build_programs, read_folder
from dev.cluster.progress import ClusterError, say
from dev.cluster.target import Target, read_target, write_kubeconfig

LOCK = Path("/run/lock/inferops-dev.lock")


def main() -> int:
    """Run one command; errors are sentences, not tracebacks."""
    options = build_parser().parse_args()
    layout = read_layout()
    try:
        options.run(layout, options)
    except ClusterError as error:
        say(f"error: {error}")
        return 1
    except subprocess.CalledProcessError as error:
        output = (error.stderr or b"") if isinstance(error.stderr, bytes) else (error.stderr or "").encode()
        say(f"error: {shlex.join(map(str, error.cmd))} failed: {output.decode(errors='replace').strip()}")
        return 1
    return 0


def build_parser() -> argparse.ArgumentParser:
    """The commands and what they say of themselves."""
    parser = argparse.ArgumentParser(
        prog="python3 -m dev.cluster", description="A real single-node Kubernetes for development."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: object, text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        return command

    add("up", run_up, "start the cluster, or repair it; harmless when it runs")
    down = add("down", run_down, "stop it and remove everything of it but container images")
    down.add_argument("--purge", action="store_true", help="remove the container images too")
    add("status", run_status, "say what runs; exit code 1 if something is missing")
    add("env", run_env, "print exports of KUBECONFIG and PATH, for eval")
    add("target", run_target, "say which cluster KUBECONFIG and CONTEXT put in force")
    load = add("load", run_load, "import image archives that are not there with the same content")
    load.add_argument("archives", nargs="+", type=Path, metavar="TAR")
    add("packages", run_packages, "install the Debian packages that the cluster and the tests need")
    build = add("build", run_build, "build the programs only, and print their folder")
    build.add_argument("programs", nargs="*", metavar="PROGRAM", help="these only (default: all)")
    return parser


def run_up(layout: Layout, _: argparse.Namespace) -> None:
    """`up`: also says what to do next. Another cluster in force is only asked whether it answers."""
    target = read_target(layout)
    if not target.local:
        kubeconfig = write_kubeconfig(layout, target)
        subprocess.run(["kubectl", "--kubeconfig", kubeconfig, "get", "--raw=/readyz"], check=True, capture_output=True)
        say(f"using the cluster of context {target.context} in {target.kubeconfig}; no local one is started")
        return
    build_everything(layout)  # as the user: only the rest needs root
    become_root(layout)
    began = time.monotonic()
    with locked():
        cluster.up(layout)
    say(f"cluster up in {time.monotonic() - began:.1f} s: {API_SERVER}, registry {REGISTRY_NAME}:{REGISTRY_PORT}")
    say('  eval "$(python3 -m dev.cluster env)" && kubectl get pods --all-namespaces')


def run_down(layout: Layout, options: argparse.Namespace) -> None:
    """`down`: the local cluster only, whatever KUBECONFIG says."""
    become_root(layout)
    began = time.monotonic()
    with locked():
        teardown.take_down(layout, purge=options.purge)
    say(f"cluster down in {time.monotonic() - began:.1f} s")


def run_load(layout: Layout, options: argparse.Namespace) -> None:
    """`load`: into the local cluster's containerd."""
    become_root(layout)
    containerd.load_archives(layout, options.archives)


def run_build(layout: Layout, options: argparse.Namespace) -> None:
    """`build`."""
    if options.programs:
        print(build_programs(layout, frozenset(options.programs)))
    else:
        print(build_everything(layout))


def build_everything(layout: Layout) -> Path:
    """All that Go is needed for: the programs, and KEDA's manifests from its module."""
    programs = build_programs(layout)
    render_manifests(layout, programs)
    return programs


def run_packages(layout: Layout, _: argparse.Namespace) -> None:
    """`packages`: quick when they are there."""
    become_root(layout)
    install_packages()


def run_status(layout: Layout, _: argparse.Namespace) -> None:
    """`status`."""
    become_root(layout)
    missing = status.report(layout)
    if missing:
        raise ClusterError(f"not up: {', '.join(missing)}. `python3 -m dev.cluster up` repairs it")


def run_env(layout: Layout, _: argparse.Namespace) -> None:
    """`env`: the cluster in force, so that everything started from that shell uses it."""
    target = read_target(layout)
    print(f"export KUBECONFIG={shlex.quote(str(write_kubeconfig(layout, target)))}")
    print(f"export PATH={shlex.quote(str(read_folder(layout)))}:$PATH")


def run_target(layout: Layout, _: argparse.Namespace) -> None:
    """`target`: one line for people and scripts."""
    target: Target = read_target(layout)
    print(f"kubeconfig={target.kubeconfig} context={target.context} local={str(target.local).lower()}")


def become_root(layout: Layout) -> None:
    """Start again under sudo unless this is root, with the caller's PATH and cache."""
    if os.geteuid() == 0:
        return
    kept = {
        "PATH": os.environ.get("PATH", ""),
        "INFEROPS_CACHE": str(layout.cache),
        "INFEROPS_DEV_STATE": str(layout.state),
    }
    assignments = [f"{name}={value}" for name, value in kept.items()]
    command = ["sudo", "env", *assignments, sys.executable, "-m", "dev.cluster", *sys.argv[1:]]
    os.execvp(command[0], command)  # noqa: S606 - no shell wanted


@contextmanager
def locked() -> Iterator[None]:
    """One `up` or `down` at a time."""
    with LOCK.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("  waiting for another `up` or `down` to end")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main())

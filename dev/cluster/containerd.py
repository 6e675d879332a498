"""containerd through ctr: importing images, and removing every container at the end."""

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from dev.cluster import images
from dev.cluster.layout import Layout
from dev.cluster.processes import read_argv
from dev.cluster.progress import ClusterError, say, step

CGROUPS = Path("/sys/fs/cgroup")
SHIM = "containerd-shim-runc-v2"


def run_ctr(layout: Layout, *arguments: str | Path) -> str:
    """One ctr call in the namespace of Kubernetes; its output."""
    command = ["/usr/bin/ctr", "--address", layout.containerd_socket, "--namespace", "k8s.io", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise ClusterError(f"ctr {arguments[0]} {arguments[1]} failed: {result.stderr.strip()}")
    return result.stdout


def answers(layout: Layout) -> bool:
    """Whether containerd serves."""
    try:
        run_ctr(layout, "containers", "list", "--quiet")
    except ClusterError:
        return False
    return True


def read_images(layout: Layout) -> dict[str, str]:
    """Reference -> digest. An image's id (the digest of its configuration) is a reference too, kept by CRI."""
    lines = run_ctr(layout, "images", "list").splitlines()[1:]
    return {fields[0]: fields[2] for line in lines if len(fields := line.split()) > 2}


def load_archives(layout: Layout, archives: Iterable[Path]) -> None:
    """Import image archives, those that are not there with the same content."""
    present = read_images(layout)
    for archive in archives:
        wanted = images.read_images(archive)
        if wanted and all(is_present(image, present) for image in wanted):
            say(f"  {archive.name} is already there")
            continue
        with step(f"importing {archive.name}"):
            run_ctr(layout, "images", "import", "--digests", archive)


def is_present(image: images.Image, present: dict[str, str]) -> bool:
    """Whether every name of the image stands for exactly this content."""
    digest = present.get(image.config_digest)
    return digest is not None and all(present.get(reference) == digest for reference in image.references)


def load_program(layout: Layout, reference: str, program: Path) -> None:
    """Make an image of one binary and import it, unless the reference (which names the content) is there."""
    if reference in read_images(layout):
        return
    with step(f"importing {reference}"), tempfile.TemporaryDirectory() as folder:
        archive = Path(folder, "image.tar")
        images.write_image(archive, reference, program)
        run_ctr(layout, "images", "import", archive)


def remove_containers(layout: Layout) -> None:
    """Kill and remove every container; the kubelet must have ended."""
    if tasks := run_ctr(layout, "tasks", "list", "--quiet").split():
        with contextlib.suppress(ClusterError):  # one that ended by itself meanwhile
            run_ctr(layout, "tasks", "delete", "--force", *tasks)
    if containers := run_ctr(layout, "containers", "list", "--quiet").split():
        run_ctr(layout, "containers", "delete", *containers)


def kill_shims(layout: Layout) -> None:
    """End what a broken containerd left: shims name the socket they belong to on their command line."""
    for entry in Path("/proc").glob("[0-9]*"):
        argv = read_argv(int(entry.name))
        if argv and Path(argv[0]).name == SHIM and str(layout.containerd_socket) in argv:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(entry.name), signal.SIGKILL)


def kill_pods() -> None:
    """End every process in a pod's cgroup; a kubelet that runs makes the pods anew."""
    for path in read_pod_cgroups():
        for pid in read_members(path):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)


def read_members(cgroup: Path) -> list[str]:
    """Its process ids; none where it went meanwhile, with the pod."""
    try:
        return (cgroup / "cgroup.procs").read_text().split()
    except FileNotFoundError:
        return []


def remove_cgroups() -> None:
    """Remove the kubelet's cgroups, the innermost first."""
    for path in read_pod_cgroups():
        with contextlib.suppress(FileNotFoundError):
            path.rmdir()


def read_pod_cgroups() -> list[Path]:
    """Every cgroup below the kubelet's `kubepods`, innermost first: one tree in version 2, one per controller in 1."""
    roots = [*CGROUPS.glob("kubepods"), *CGROUPS.glob("*/kubepods")]
    return [Path(folder) for root in roots for folder, _, _ in os.walk(root, topdown=False)]


def read_mounts_below(*folders: Path) -> list[str]:
    """Where something is mounted at or below these folders, the earliest mount first."""
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    return [mount for mount in mounts if any(Path(mount).is_relative_to(folder) for folder in folders)]


def unmount_below(*folders: Path) -> None:
    """Unmount everything below these folders; raise if something stays, for the folders are about to be removed."""
    for mount in reversed(read_mounts_below(*folders)):
        subprocess.run(["/usr/bin/umount", "--lazy", mount], check=False, capture_output=True)
    if left := read_mounts_below(*folders):
        raise ClusterError(f"still mounted: {', '.join(left)}. Unmount it, then run `down` again")

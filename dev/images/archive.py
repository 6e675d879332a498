"""An image archive (the `docker save` format) from folders and tar files: for images that need no Dockerfile.

Format: https://github.com/moby/docker-image-spec (manifest.json, one config, one tar per layer).
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

EPOCH = "1970-01-01T00:00:00Z"  # equal inputs, equal bytes
DEFAULT_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Config:
    """What the image runs. user is numeric, so that a pod with runAsNonRoot may start."""

    entrypoint: tuple[str, ...] = ()
    user: str = "65532:65532"
    env: tuple[str, ...] = (DEFAULT_PATH,)
    folder: str = "/"


def write_layer(root: Path, target: Path) -> None:
    """A tar of everything below root, owned by root, in a fixed order and without times."""
    with tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as tar:
        for path in sorted(root.rglob("*")):
            tar.add(path, arcname=str(path.relative_to(root)), recursive=False, filter=_anonymous)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    return member


def write_archive(target: Path, reference: str, layers: Iterable[Path], config: Config) -> None:
    """An archive that `ctr images import`, `skopeo` and `docker load` read. Layers are uncompressed tar files."""
    files = {_sha256(path): path for path in layers}
    description = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "created": EPOCH,
            "config": {
                "Entrypoint": list(config.entrypoint) or None,
                "User": config.user,
                "Env": list(config.env),
                "WorkingDir": config.folder,
            },
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}" for digest in files]},
            "history": [{"created": EPOCH, "created_by": "inferops dev.images"} for _ in files],
        }
    ).encode()
    config_name = f"{hashlib.sha256(description).hexdigest()}.json"
    layer_names = [f"{digest}.tar" for digest in files]
    manifest = json.dumps([{"Config": config_name, "RepoTags": [reference], "Layers": layer_names}]).encode()
    with tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as tar:
        for digest, path in files.items():
            tar.add(path, arcname=f"{digest}.tar", filter=_anonymous)
        for name, data in ((config_name, description), ("manifest.json", manifest)):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))


def extract_files(archive: Path, names: Iterable[str], root: Path) -> None:
    """Copies files (paths in the image, links followed) out of an archive's single layer into a folder."""
    with tarfile.open(archive) as tar:
        layer = tar.extractfile(json.load(_open(tar, "manifest.json"))[0]["Layers"][0])
        with tarfile.open(fileobj=layer) as files:
            for name in names:
                target = root / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(_open(files, f"./{name}").read())
                target.chmod(0o755 if ".so" in name else 0o644)


def _open(tar: tarfile.TarFile, name: str) -> io.BufferedReader:
    file = tar.extractfile(name)
    if not isinstance(file, io.BufferedReader):
        raise FileNotFoundError(f"{name} is not a file in the archive")
    return file


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

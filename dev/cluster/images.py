"""Image archives: written from single binaries, read for their digests."""

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NOBODY = 65532  # Kubernetes can check runAsNonRoot on a number only


@dataclass(frozen=True)
class Image:
    """What an archive holds: the names of an image and the digest of its configuration (its id)."""

    references: tuple[str, ...]
    config_digest: str


def write_image(archive: Path, reference: str, program: Path) -> None:
    """Write an image of one static binary, `/<name>`, run as nobody. The same binary gives the same digests.

    Source: the archive format of `docker save` (manifest.json, a configuration, uncompressed layers).
    """
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        entry = tarfile.TarInfo(program.name)
        entry.size, entry.mode = program.stat().st_size, 0o755
        with program.open("rb") as binary:
            tar.addfile(entry, binary)
    config = build_config(layer.getvalue(), f"/{program.name}")
    name = f"{hashlib.sha256(config).hexdigest()}.json"
    manifest = [{"Config": name, "RepoTags": [reference], "Layers": ["layer.tar"]}]
    with tarfile.open(archive, "w") as tar:
        for path, content in {"manifest.json": encode(manifest), name: config, "layer.tar": layer.getvalue()}.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))


def build_config(layer: bytes, entrypoint: str) -> bytes:
    """The image's configuration. Source: OCI image specification, config.md."""
    digest = f"sha256:{hashlib.sha256(layer).hexdigest()}"
    return encode(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Entrypoint": [entrypoint], "User": f"{NOBODY}:{NOBODY}", "WorkingDir": "/"},
            "rootfs": {"type": "layers", "diff_ids": [digest]},
        }
    )


def encode(value: Any) -> bytes:
    """JSON with one spelling."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def read_images(archive: Path) -> list[Image]:
    """The images in a `docker save` archive or an OCI layout tar."""
    with tarfile.open(archive) as tar:
        names = set(tar.getnames())
        if "manifest.json" in names:
            entries = read_json(tar, "manifest.json")
            return [Image(tuple(e["RepoTags"] or ()), digest_of(tar, e["Config"])) for e in entries]
        manifests = read_json(tar, "index.json")["manifests"]
        return [read_oci_image(tar, manifest) for manifest in manifests]


def read_oci_image(tar: tarfile.TarFile, descriptor: Mapping[str, Any]) -> Image:
    """One image of an OCI layout; its name is an annotation. Source: OCI image specification, image-layout.md."""
    annotations = descriptor.get("annotations", {})
    name = annotations.get("io.containerd.image.name") or annotations.get("org.opencontainers.image.ref.name")
    manifest = read_json(tar, "blobs/" + descriptor["digest"].replace(":", "/"))
    return Image((name,) if name else (), manifest["config"]["digest"])


def read_member(tar: tarfile.TarFile, name: str) -> bytes:
    """The content of one file of an archive."""
    member = tar.extractfile(name)
    return member.read() if member else b""


def read_json(tar: tarfile.TarFile, name: str) -> Any:
    """One JSON file of an archive."""
    return json.loads(read_member(tar, name))


def digest_of(tar: tarfile.TarFile, name: str) -> str:
    """The digest of one file of an archive."""
    return f"sha256:{hashlib.sha256(read_member(tar, name)).hexdigest()}"

"""engine: a few megabytes of Go that answer as vLLM does, at once: for all tests that are not about the engine."""

from dev.images import archive, store
from dev.images.commands import run
from dev.images.recipe import Build, Recipe

SOURCE = "dev/images/engine"


def _build(build: Build) -> None:
    with store.work_folder() as folder:
        root = folder / "root"
        (root / "tmp").mkdir(parents=True)
        (root / "tmp").chmod(0o1777)
        options = ["-trimpath", "-ldflags=-s -w", "-o", str(root / "engine")]
        run(["go", "build", *options, "."], cwd=store.REPOSITORY / SOURCE, env={"CGO_ENABLED": "0", "GOARCH": "amd64"})
        archive.write_layer(root, folder / "layer.tar")
        archive.write_archive(
            build.archive, build.image.reference, [folder / "layer.tar"], archive.Config(("/engine",))
        )


ENGINE = Recipe("engine", (SOURCE, "dev/images/archive.py"), _build, commands=("go",))

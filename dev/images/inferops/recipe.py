"""inferops: the operator's own image, from the Dockerfile at the root of the repository."""

from dev import console
from dev.images import buildah
from dev.images.base.recipe import BASE
from dev.images.module import SOURCE, module_folder
from dev.images.recipe import Build, Recipe

INPUTS = ("Dockerfile", ".dockerignore", "LICENSE", "pyproject.toml", "uv.lock", "operator", SOURCE, *console.INPUTS)


def _build(build: Build) -> None:
    base = build.parents[BASE.name]
    stages = {"module": module_folder(), "console": console.console_folder()}
    buildah.build_dockerfile(build, "Dockerfile", context=".", base=base, stages=stages)


INFEROPS = Recipe("inferops", INPUTS, _build, commands=("buildah",), parents=(BASE,))

"""inferops: the operator's own image, from the Dockerfile at the root of the repository."""

from dev.images import buildah
from dev.images.base.recipe import BASE
from dev.images.recipe import Build, Recipe

INPUTS = ("Dockerfile", ".dockerignore", "LICENSE", "pyproject.toml", "uv.lock", "operator")


def _build(build: Build) -> None:
    buildah.build_dockerfile(build, "Dockerfile", context=".", base=build.parents[BASE.name])


INFEROPS = Recipe("inferops", INPUTS, _build, commands=("buildah",), parents=(BASE,))

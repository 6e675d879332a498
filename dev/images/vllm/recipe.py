"""vllm: vLLM itself, built for CPU, with two tiny models: catalog entries for GPUs run on it where there are none."""

from dev.images import buildah
from dev.images.base.recipe import BASE
from dev.images.recipe import Build, Recipe


def _build(build: Build) -> None:
    base = build.parents[BASE.name]
    buildah.build_dockerfile(build, "dev/images/vllm/Dockerfile", context="dev", base=base, keep_layers=False)


VLLM = Recipe("vllm", ("dev/images/vllm", "dev/models"), _build, commands=("buildah",), parents=(BASE,))

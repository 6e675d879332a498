"""Which images there are, and building one: parents first, and never twice."""

import sys
import time

from dev.images import buildah, store
from dev.images.base.recipe import BASE
from dev.images.commands import ensure_commands
from dev.images.engine.recipe import ENGINE
from dev.images.gateway.recipe import GATEWAY
from dev.images.inferops.recipe import INFEROPS
from dev.images.recipe import Build, Image, Recipe, read_image
from dev.images.vllm.recipe import VLLM

RECIPES = {recipe.name: recipe for recipe in (BASE, ENGINE, GATEWAY, INFEROPS, VLLM)}


def build_image(recipe: Recipe) -> Image:
    """The image, built when its archive is missing. A second builder at the same time waits for the first one's."""
    image = read_image(recipe)
    with store.lock(f"image-{recipe.name}"):
        if image.archive.exists():
            image.archive.touch()  # the newest archive is the one last asked for
            return image
        parents = {parent.name: build_image(parent) for parent in recipe.parents}
        ensure_commands(recipe.commands)
        print(f"building {image.reference}", file=sys.stderr, flush=True)
        start = time.monotonic()
        with store.publish(image.archive) as path:
            recipe.build(Build(image, path, parents))
        store.prune_archives(recipe.name)
    seconds, megabytes = time.monotonic() - start, image.archive.stat().st_size / 1e6
    print(f"built {image.reference} in {seconds:.0f} s, {megabytes:.0f} MB", file=sys.stderr, flush=True)
    return image


def clean() -> None:
    """Removes all archives but those last asked for, and all layers."""
    for recipe in RECIPES.values():
        with store.lock(f"image-{recipe.name}"):
            store.prune_archives(recipe.name, keep=1)
            buildah.remove_layers(recipe.name)

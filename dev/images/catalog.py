"""Which images there are, and building one: parents first, never twice."""

import sys
import time

from dev.images import archive, store
from dev.images.base.recipe import BASE
from dev.images.commands import ensure_commands
from dev.images.engine.recipe import ENGINE
from dev.images.gateway.recipe import GATEWAY
from dev.images.inferops.recipe import INFEROPS
from dev.images.recipe import Build, Image, Recipe, read_image
from dev.images.vllm.recipe import VLLM

RECIPES = {recipe.name: recipe for recipe in (BASE, ENGINE, GATEWAY, INFEROPS, VLLM)}


def build_image(recipe: Recipe) -> Image:
    """The image, built when its archive is missing. Two builders at once: the second one waits for the first one's."""
    image = read_image(recipe)
    with store.lock(f"image-{recipe.name}"):
        if image.archive.exists():
            return image
        parents = {parent.name: build_image(parent) for parent in recipe.parents}
        ensure_commands(recipe.commands)
        print(f"building {image.reference}", file=sys.stderr, flush=True)
        start = time.monotonic()
        with store.publish(image.archive) as path:
            recipe.build(Build(image.reference, path, parents))
        store.prune_archives(recipe.name)
    took = time.monotonic() - start
    print(f"built {image.reference} in {took:.1f} s, {archive.file_size(image.archive)}", file=sys.stderr, flush=True)
    return image

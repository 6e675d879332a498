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

ATTEMPTS = 5


def build_image(recipe: Recipe) -> Image:
    """The image, built when its archive is missing. A second builder at the same time waits for the first one's."""
    if image := _read_built(recipe):
        return image
    with store.lock(f"image-{recipe.name}"):
        for _ in range(ATTEMPTS):
            if image := _read_built(recipe):
                return image
            _build_once(read_image(recipe))
    sys.exit(f"image {recipe.name}: its inputs changed during each of {ATTEMPTS} builds; run this again")


def _read_built(recipe: Recipe) -> Image | None:
    image = read_image(recipe)
    if not image.archive.exists():
        return None
    image.archive.touch()  # the newest archive is the one last asked for
    return image


def _build_once(image: Image) -> None:
    """Writes the archive, unless the inputs were edited meanwhile: then its content may not be what its tag says."""
    recipe = image.recipe
    parents = {parent.name: build_image(parent) for parent in recipe.parents}
    ensure_commands(recipe.commands)
    print(f"building {image.reference}", file=sys.stderr, flush=True)
    start = time.monotonic()
    with store.work_folder() as folder:
        archive = folder / image.archive.name
        recipe.build(Build(image, archive, parents))
        if read_image(recipe) != image:
            print(f"the inputs of {recipe.name} changed while it was built: again", file=sys.stderr, flush=True)
            return
        archive.replace(image.archive)  # in one step: a killed build leaves nothing that looks finished
    store.prune_archives(recipe.name)
    seconds, megabytes = time.monotonic() - start, image.archive.stat().st_size / 1e6
    print(f"built {image.reference} in {seconds:.0f} s, {megabytes:.0f} MB", file=sys.stderr, flush=True)


def clean() -> None:
    """Removes all archives but those last asked for, and all layers."""
    for recipe in RECIPES.values():
        with store.lock(f"image-{recipe.name}"):
            store.prune_archives(recipe.name, keep=1)
            buildah.remove_layers(recipe.name)

"""What an image is: a name, the inputs that make its tag, and the function that writes its archive."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dev.images import store


@dataclass(frozen=True)
class Recipe:
    """inputs: files and folders, relative to the repository, whose content names the image. commands: what it needs."""

    name: str
    inputs: tuple[str, ...]
    build: Callable[["Build"], None]
    commands: tuple[str, ...] = ()
    parents: tuple["Recipe", ...] = ()


@dataclass(frozen=True)
class Image:
    """A recipe at its present inputs: the reference that Kubernetes reads, and where the archive lies once built."""

    recipe: Recipe
    tag: str

    @property
    def reference(self) -> str:
        """A new tag for every change, so that Kubernetes rolls; a localhost/ image is asked of no registry."""
        return f"localhost/inferops/{self.recipe.name}:{self.tag}"

    @property
    def archive(self) -> Path:
        """It exists if, and only if, the image is built."""
        return store.cache_folder("images") / f"{self.recipe.name}-{self.tag}.tar"


@dataclass(frozen=True)
class Build:
    """One run of a recipe: the image, the archive to write (not yet at its place), and the parents, which are built."""

    image: Image
    archive: Path
    parents: Mapping[str, Image]


def read_image(recipe: Recipe) -> Image:
    """The image as its inputs stand now; a parent's change changes it too."""
    return Image(recipe, store.hash_content(recipe.inputs, *(read_image(parent).tag for parent in recipe.parents)))

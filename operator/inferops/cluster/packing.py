"""How a store keeps its objects: thousands of a kind differ in little, so each is deflated against the first (RFC 1951
with a preset dictionary). An eighth of the JSON remains, and the garbage collector has nothing to walk through.
"""

import zlib
from typing import Any, Protocol

import orjson

from inferops.cluster.depth import write_json

LEVEL, WINDOW_BITS, MEMORY_LEVEL = 1, 13, 6
"""Fast, and a window of 8 KiB: the sample and an object of the same kind fit in."""


class Packing(Protocol):
    """Two functions that undo each other."""

    def pack(self, value: Any) -> Any:
        """The value as it is kept."""

    def unpack(self, packed: Any) -> Any:
        """The value again."""


class Plain:
    """As it is: for few objects, or such that are read all at once."""

    def pack(self, value: Any) -> Any:
        """The value itself."""
        return value

    def unpack(self, packed: Any) -> Any:
        """The value itself."""
        return packed


class WithoutImages(Plain):
    """A node without the list of the images that it has: half of its object, and nobody asks for it."""

    def pack(self, value: Any) -> Any:
        """The rest."""
        return {**value, "status": {key: part for key, part in value.get("status", {}).items() if key != "images"}}


class Deflated:
    """For many objects that are alike and seldom read: packing takes about 15 us, unpacking 10."""

    def __init__(self) -> None:
        self._sample = b""

    def pack(self, value: Any) -> bytes:
        """JSON, deflated."""
        raw = write_json(value)
        self._sample = self._sample or raw
        deflate = zlib.compressobj(LEVEL, zlib.DEFLATED, -WINDOW_BITS, MEMORY_LEVEL, zdict=self._sample)
        return deflate.compress(raw) + deflate.flush()

    def unpack(self, packed: bytes) -> Any:
        """A copy of its own for each caller."""
        return orjson.loads(zlib.decompressobj(-WINDOW_BITS, zdict=self._sample).decompress(packed))

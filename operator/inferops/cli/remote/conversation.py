"""PURE: a chat over several turns, and what can be typed in place of a message."""

import base64
import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

HELP = """/system TEXT   a new system prompt (without TEXT: none)
/image FILE    an image with the next message: a file or a URL
/clear         forget what was said
/help          this
/exit          end, as Ctrl-D; Ctrl-C stops an answer"""


@dataclass
class Conversation:
    """What was said. A message counts once it is answered: what failed can be asked again."""

    system: str | None = None
    said: list[dict[str, Any]] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    """URLs that go with the next message."""

    def ask(self, text: str) -> list[dict[str, Any]]:
        """The messages of a request that asks this."""
        first = [{"role": "system", "content": self.system}] if self.system else []
        return [*first, *self.said, {"role": "user", "content": build_content(text, self.images)}]

    def answered(self, text: str, answer: str) -> None:
        """Both are part of it now."""
        self.said.append({"role": "user", "content": build_content(text, self.images)})
        self.said.append({"role": "assistant", "content": answer})
        self.images.clear()


def build_content(text: str, images: Sequence[str]) -> str | list[dict[str, Any]]:
    """Text alone, or text with images as OpenAI's API takes them."""
    if not images:
        return text
    parts: list[dict[str, Any]] = [{"type": "image_url", "image_url": {"url": url}} for url in images]
    return [{"type": "text", "text": text}, *parts]


def is_url(text: str) -> bool:
    """Whether an image is somewhere else already."""
    return text.startswith(("http://", "https://", "data:"))


def build_data_url(name: str, content: bytes) -> str:
    """A file as a URL (RFC 2397). Raises ValueError where its name is not that of an image."""
    kind = mimetypes.guess_type(name)[0] or ""
    if not kind.startswith("image/"):
        raise ValueError(f"{name}: must be an image, such as .png or .jpg")
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"

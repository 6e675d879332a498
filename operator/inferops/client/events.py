"""PURE: server-sent events (WHATWG HTML, section 9.2), as far as streams of JSON need them."""

from collections.abc import Iterator


class EventReader:
    """Lines in, data of whole events out."""

    def __init__(self) -> None:
        self.data: list[str] = []

    def feed(self, line: str) -> Iterator[str]:
        """The data of the event that this line ends, if it does; comments (heartbeats) and other fields say nothing."""
        name, _, value = line.partition(":")
        if name == "data":
            self.data.append(value.removeprefix(" "))
        elif not line and self.data:
            data, self.data = "\n".join(self.data), []
            yield data

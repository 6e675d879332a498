"""Parts of a list: limit and offset in, X-Total-Count and Link (RFC 8288) out. PURE."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar
from urllib.parse import parse_qsl, urlencode

T = TypeVar("T")
LARGEST = 1000
TOTAL_HEADER = "X-Total-Count"


class Page(NamedTuple):
    """Which part; without a limit everything from the offset on."""

    limit: int | None = None
    offset: int = 0

    def cut(self, items: Sequence[T]) -> Sequence[T]:
        """The part."""
        return items[self.offset : None if self.limit is None else self.offset + self.limit]


def build_headers(page: Page, total: int, path: str, query: str) -> dict[str, str]:
    """The headers of an answer with one page of `total`. Links are relative: only the caller knows the host it used."""
    links = ", ".join(f'<{link(path, query, offset)}>; rel="{name}"' for name, offset in find_neighbours(page, total))
    return {TOTAL_HEADER: str(total), **({"Link": links} if links else {})}


def find_neighbours(page: Page, total: int) -> Iterator[tuple[str, int]]:
    """Relation and offset of the other pages; none where everything is on one."""
    if page.limit is None:
        return
    if page.offset > 0:
        yield "first", 0
        yield "prev", max(page.offset - page.limit, 0)
    if page.offset + page.limit < total:
        yield "next", page.offset + page.limit
        yield "last", (total - 1) // page.limit * page.limit
    elif page.offset >= total > 0:
        yield "last", (total - 1) // page.limit * page.limit


def link(path: str, query: str, offset: int) -> str:
    """The same request with another offset."""
    kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name != "offset"]
    return f"{path}?{urlencode([*kept, ('offset', offset)])}"

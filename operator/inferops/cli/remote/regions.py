"""PURE: regions by their number or their name, in whatever case."""

from collections.abc import Sequence

from inferops.cli.remote.exits import Absent, Senseless
from inferops.errors import nearest
from inferops.rest.regions import Region


def find_region(known: Sequence[Region], text: str) -> int:
    """The id. A number is one already; whether there is such a region is the API's to say."""
    if text.isdecimal():
        return int(text)
    found = [region.id for region in known if region.name.casefold() == text.casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        raise Senseless(f'several regions are called "{text}": name one by its id: {", ".join(map(str, found))}')
    raise Absent(f'there is no region "{text}".{nearest(text, [region.name for region in known])}')


def find_only_region(known: Sequence[Region]) -> list[int]:
    """The id of the only one there is; nothing where there are others to choose from."""
    return [region.id for region in known] if len(known) == 1 else []

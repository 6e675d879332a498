"""Time zones of schedules, by names that KEDA knows: one that it does not know it would fail at, again and again."""

import functools
import zoneinfo
from collections.abc import Iterator

from inferops.errors import SpecError, nearest
from inferops.specs.instance import InstanceSpec


@functools.cache
def known_timezones() -> frozenset[str]:
    """Names of the IANA time zone database, as this image has it; KEDA has a copy of its own."""
    return frozenset(zoneinfo.available_timezones())


def find_unknown_timezones(spec: InstanceSpec) -> Iterator[SpecError]:
    """One error for each schedule in a zone that there is not, with the nearest that there is."""
    known = known_timezones()
    for number, region in enumerate(spec.regions):
        schedules = (region.scale.triggers and region.scale.triggers.schedules) or []
        for index, zone in enumerate(each.timezone for each in schedules):
            if known and zone not in known:
                field = f"spec.regions[{number}].scale.triggers.schedules[{index}].timezone"
                yield SpecError(f'{field}: there is no time zone "{zone}".{nearest(zone, sorted(known))}')

"""Room: what Regions counted last, and who sleeps where nothing fits."""

from collections.abc import Iterator

from inferops.names import Manifest
from inferops.plan.conditions import find_condition
from inferops.plan.diagnosis.words import listed
from inferops.plan.doctor.survey import Survey
from inferops.plan.report import Line, note, ok, warning

ADD_ROOM = "Add nodes, or free some; where nodes come when pods ask for them, set settings.nodeAutoscaling: true."


def check_room(survey: Survey) -> Iterator[Line]:
    """One line for each Region, and one for those whose requests would wait."""
    for region in survey.of("Region").objects:
        yield from check_region(region)
    cramped = [obj for obj in survey.of("InferenceInstance").objects if is_cramped(obj)]
    if cramped:
        names = [f"{obj['metadata']['namespace']}/{obj['metadata']['name']}" for obj in cramped]
        yield warning("sleeping instances", f"no node could take a replica of {listed(names)}", ADD_ROOM)


def check_region(region: Manifest) -> Iterator[Line]:
    """For how many replicas of which hardware it has room."""
    capacities = (region.get("status") or {}).get("capacities") or []
    subject = f"room in Region {region['metadata']['name']}"
    free = [f"{each['capacity']} of {each['hardware']}" for each in capacities if each["capacity"]]
    full = [each["hardware"] for each in capacities if not each["capacity"]]
    if free:
        yield ok(subject, f"for {listed(free)}{f'; none for {listed(full)}' if full else ''}")
    elif full:
        yield note(subject, f"for no more replicas of {listed(full)}")


def is_cramped(obj: Manifest) -> bool:
    """Whether it sleeps, and could not wake."""
    scalable = find_condition(obj, "Scalable")
    return scalable is not None and scalable["reason"] == "NoCapacity"

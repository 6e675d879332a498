"""Versions of the cluster and of our kinds."""

import re
from collections.abc import Iterator

from inferops.names import Manifest
from inferops.plan.conditions import find_condition
from inferops.plan.doctor.survey import Survey
from inferops.plan.image_volumes import find_incapable
from inferops.plan.report import Line, failure, note, ok, unseen

OLDEST = (1, 30)
"""preStop sleep, which every pod of ours has, is on from there."""
IMAGE_VOLUME = "ImageVolume"
APPLY = "Run `inferops crds apply` (of the release that is installed), or upgrade the chart."
SHOWN = 3
SCHEMA = "openAPIV3Schema.properties."
"""What stands before the path of every field."""


def check_cluster(survey: Survey) -> Iterator[Line]:
    """Kubernetes and what of it is switched on."""
    version = parse_version(survey.kubernetes)
    if version is None:
        yield unseen("Kubernetes", "the API server told no version")
    elif version < OLDEST:
        yield failure("Kubernetes", f"{survey.kubernetes} is too old", "Upgrade to Kubernetes 1.30 or newer.")
    else:
        yield ok("Kubernetes", survey.kubernetes)
    yield check_image_volumes(survey)


def check_image_volumes(survey: Survey) -> Line:
    """Both the API server and a node's runtime must know them."""
    if survey.features is None:
        return note("image volumes", "the API server does not tell its feature gates; oci:// needs ImageVolume")
    if not survey.features.get(IMAGE_VOLUME):
        return note("image volumes", "are off (feature gate ImageVolume): models cannot come from oci://")
    if why := find_incapable(survey.of("Node").objects):
        return note("image volumes", f"no node mounts them ({why}): models cannot come from oci://")
    return ok("image volumes", "are on: models may come from oci://")


def parse_version(text: str) -> tuple[int, int] | None:
    """Major and minor of `v1.34.4`."""
    match = re.match(r"v?(\d+)\.(\d+)", text)
    return (int(match[1]), int(match[2])) if match else None


def check_definitions(survey: Survey) -> Iterator[Line]:
    """Our six kinds, as this release has them."""
    if blind := survey.blind("CustomResourceDefinition"):
        yield from blind
        return
    for name in survey.expected:
        yield check_definition(name, survey.find("CustomResourceDefinition", name), survey.differences.get(name, []))


def check_definition(name: str, live: Manifest | None, differences: list[str]) -> Line:
    """One kind."""
    if live is None:
        return failure(name, "is not installed", APPLY)
    established = find_condition(live, "Established")
    if established is None or established["status"] != "True":
        return failure(name, "is not served by the API server", f"See its conditions: kubectl describe crd {name}")
    if differences:
        more = f" and {len(differences) - SHOWN} more" if len(differences) > SHOWN else ""
        paths = ", ".join(path.rpartition(SCHEMA)[2] for path in differences[:SHOWN])
        return failure(name, f"is of another release: it differs in {paths}{more}", APPLY)
    return ok(name, "is this release's")

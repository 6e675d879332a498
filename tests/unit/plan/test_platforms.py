"""For which machines an image is, and what that means here."""

import pytest

from inferops.plan.platforms import describe_platform, index_platforms, judge_runnable, node_platforms

AMD, ARM = "linux/amd64", "linux/arm64"
PLATFORMS = {
    "": {},
    "linux/amd64": {"os": "linux", "architecture": "amd64"},
    "linux/arm/v7": {"os": "linux", "architecture": "arm", "variant": "v7"},
}
JUDGEMENTS = {
    "fits": ((AMD,), [AMD, AMD], ("True", "NodesFit")),
    "a variant fits": (("linux/arm64/v8",), [ARM], ("True", "NodesFit")),
    "fits some": ((ARM,), [AMD, ARM], ("True", "SomeNodesFit")),
    "fits none": ((ARM,), [AMD, AMD], ("False", "NoNodeFits")),
    "no platforms": ((), [AMD], ("Unknown", "PlatformsUnknown")),
    "no nodes": ((AMD,), [], ("Unknown", "NoNodes")),
}


@pytest.mark.parametrize("text", PLATFORMS)
def test_a_platform_is_named_as_in_docker_commands(text: str) -> None:
    assert describe_platform(PLATFORMS[text]) == text


def test_attestations_are_no_platform_and_nothing_counts_twice() -> None:
    unknown = {"platform": {"os": "unknown", "architecture": "unknown"}}
    amd, endless = {"platform": PLATFORMS[AMD]}, {"platform": PLATFORMS[AMD] | {"os": "x" * 100_000}}
    assert index_platforms({"manifests": [amd, unknown, amd, {}, endless]}) == (AMD,)


@pytest.mark.parametrize("name", JUDGEMENTS)
def test_an_image_is_compared_with_the_nodes(name: str) -> None:
    platforms, nodes, expected = JUDGEMENTS[name]
    verdict = judge_runnable(platforms, nodes)
    assert (verdict.status, verdict.reason) == expected


def test_the_sentence_names_both_sides_and_the_mend() -> None:
    message = judge_runnable((ARM,), [AMD]).message
    assert message == (
        "The image is for linux/arm64, but all nodes are linux/amd64: build it for one of their platforms,"
        " or add a node that fits."
    )


def test_a_node_says_what_it_is() -> None:
    info = {"operatingSystem": "linux", "architecture": "amd64"}
    assert node_platforms([{"status": {"nodeInfo": info}}, {"status": {}}]) == [AMD]

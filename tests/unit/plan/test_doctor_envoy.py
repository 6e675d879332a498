"""What a checkup says of the gateway's Envoy."""

from pathlib import Path

import pytest
import yaml

from inferops.plan.doctor.envoy import check_envoy

VALUES = Path(__file__).resolve().parents[3] / "charts" / "inferops" / "values.yaml"


def judge(image: str) -> list[str]:
    containers = [{"name": "bootstrap", "image": "inferops:0.1.0"}, {"name": "envoy", "image": image}]
    deployment = {"spec": {"template": {"spec": {"initContainers": containers}}}}
    return [line.mark.value for line in check_envoy(deployment)]


@pytest.mark.parametrize(
    ("image", "marks"),
    [
        ("docker.io/envoyproxy/envoy:v1.40.2", ["ok"]),
        ("mirror:5000/envoy:distroless-v1.41.0", ["ok"]),
        ("envoyproxy/envoy:v1.39.0", ["warning"]),
        ("envoyproxy/envoy:v1.4.0", ["warning"]),
        ("mirror:5000/envoy", []),
        ("mirror/envoy:9f3c", []),
    ],
)
def test_an_envoy_that_the_module_is_not_for_is_told(image: str, marks: list[str]) -> None:
    assert judge(image) == marks


def test_the_charts_own_envoy_is_one_that_the_module_is_for() -> None:
    assert judge(yaml.safe_load(VALUES.read_text())["gateway"]["image"]) == ["ok"]


def test_a_gateway_that_is_not_there_is_told_elsewhere() -> None:
    assert list(check_envoy(None)) == []

"""What a person is told about an object that is not as planned."""

from typing import Any

import pytest

from inferops.cluster.drift import find_drift

WANTED: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "chat", "namespace": "team", "labels": {"a": "1"}},
    "spec": {
        "paused": False,
        "order": ["first", "second"],
        "containers": [{"name": "engine", "image": "engine:1", "resources": {"limits": {"memory": "1Gi"}}}],
        "args": ["--a", "--b"],
    },
}


def live(**changes: Any) -> dict[str, Any]:
    """As the API server might answer: with defaults, a sidecar, and other words for a quantity."""
    engine = {"name": "engine", "image": "engine:1", "imagePullPolicy": "Always"}
    engine |= {"resources": {"limits": {"memory": "1024Mi"}}} | changes.pop("engine", {})
    containers = [{"name": "sidecar", "image": "proxy"}, engine]
    spec = {"replicas": 1, "containers": containers, "args": ["--a", "--b"], "order": ["first", "second"]} | changes
    by_us = {"manager": "inferops", "time": "1", "fieldsV1": {"f:spec": {"f:args": {}}}}
    image: dict[str, Any] = {"f:spec": {"f:containers": {'k:{"name":"engine"}': {"f:image": {}}}}}
    by_hand = {"manager": "kubectl-edit", "time": "2", "fieldsV1": image}
    metadata = {"name": "chat", "namespace": "team", "uid": "1", "labels": {"a": "1", "b": "2"}}
    return {"kind": "Deployment", "metadata": {**metadata, "managedFields": [by_us, by_hand]}, "spec": spec}


def test_defaults_additions_and_other_words_for_a_quantity_are_no_drift() -> None:
    assert find_drift(live(), WANTED) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"engine": {"image": "engine:2"}},
            'spec.containers[engine].image is "engine:2" in place of "engine:1", written by kubectl-edit',
        ),
        ({"order": ["first"]}, 'spec.order is ["first"] in place of ["first","second"]'),
        ({"order": ["first", "third"]}, 'spec.order[1] is "third" in place of "second"'),
        ({"args": ["--a", "--key=hunter2"]}, "spec.args[1] is not as planned"),
        (
            {"engine": {"resources": {}}},
            'spec.containers[engine].resources.limits is absent in place of {"memory":"1Gi"}',
        ),
    ],
)
def test_a_difference_names_field_values_and_who_wrote_it(changes: dict[str, Any], sentence: str) -> None:
    assert [str(difference) for difference in find_drift(live(**changes), WANTED)] == [sentence]

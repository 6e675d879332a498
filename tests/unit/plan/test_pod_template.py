"""The strategic merge of spec.podTemplate."""

import copy
from typing import Any

import pytest

from inferops.errors import SpecError
from inferops.names import Manifest
from inferops.plan.pod_template import patch_pod_template

TEMPLATE: Manifest = {
    "metadata": {"labels": {"app": "chat"}},
    "spec": {
        "containers": [
            {
                "name": "engine",
                "image": "engine:1",
                "args": ["--a"],
                "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
                "ports": [{"name": "http", "containerPort": 8000, "protocol": "TCP"}],
                "readinessProbe": {"httpGet": {"path": "/health", "port": "http"}},
            }
        ],
        "terminationGracePeriodSeconds": 75,
        "volumes": [{"name": "tmp", "emptyDir": {}}],
        "tolerations": [{"key": "gpu"}],
    },
}


def engine(**patch: Any) -> Manifest:
    return {"spec": {"containers": [{"name": "engine", **patch}]}}


@pytest.mark.parametrize(
    ("case", "patch", "path", "value"),
    [
        ("a field is set", engine(image="other:2"), ("image",), "other:2"),
        ("a keyed list is merged", engine(env=[{"name": "B", "value": "3"}, {"name": "C", "value": "4"}]), ("env",),
         [{"name": "A", "value": "1"}, {"name": "B", "value": "3"}, {"name": "C", "value": "4"}]),
        ("an entry is deleted", engine(env=[{"name": "A", "$patch": "delete"}]), ("env",),
         [{"name": "B", "value": "2"}]),
        ("a list is replaced on demand", engine(env=[{"$patch": "replace"}, {"name": "Z", "value": "0"}]), ("env",),
         [{"name": "Z", "value": "0"}]),
        ("a plain list is replaced", engine(args=["--b"]), ("args",), ["--b"]),
        ("null takes a field away", engine(args=None), ("args",), None),
    ],
)  # fmt: skip
def test_the_engine_is_patched(case: str, patch: Manifest, path: tuple[str, ...], value: object) -> None:
    before = copy.deepcopy(TEMPLATE)
    container = patch_pod_template(TEMPLATE, patch)["spec"]["containers"][0]
    assert container.get(path[0]) == value, case
    assert before == TEMPLATE, "the template itself must not change"


def test_sidecars_and_volumes_are_added_and_tolerations_replaced() -> None:
    patch = {
        "spec": {
            "containers": [{"name": "sidecar", "image": "s:1"}],
            "volumes": [{"name": "data", "emptyDir": {}}, {"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}}],
            "tolerations": [{"key": "spot"}],
        }
    }
    spec = patch_pod_template(TEMPLATE, patch)["spec"]
    assert [container["name"] for container in spec["containers"]] == ["engine", "sidecar"]
    assert spec["volumes"] == [{"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}}, {"name": "data", "emptyDir": {}}]
    assert spec["tolerations"] == [{"key": "spot"}]


@pytest.mark.parametrize(
    ("patch", "path"),
    [
        ({"metadata": {"labels": {"app": "theirs"}}}, "spec.podTemplate.metadata.labels[app]"),
        ({"metadata": {"labels": None}}, "spec.podTemplate.metadata.labels[app]"),
        (engine(**{"$patch": "delete"}), "spec.podTemplate.spec.containers[engine]"),
        ({"spec": {"containers": None}}, "spec.podTemplate.spec.containers[engine]"),
        (
            engine(ports=[{"containerPort": 8000, "name": "other"}]),
            "spec.podTemplate.spec.containers[engine].ports[8000]",
        ),
        ({"spec": {"containers": [{"image": "x"}]}}, "spec.podTemplate.spec.containers[0]: name is missing"),
        (engine(readinessProbe=None), "spec.podTemplate.spec.containers[engine].readinessProbe"),
        (
            {"spec": {"containers": [{"name": "b", "ports": [{"containerPort": 1, "name": "http"}]}]}},
            "spec.podTemplate.spec.containers[b].ports",
        ),
        ({"spec": {"hostNetwork": True}}, "spec.podTemplate.spec.hostNetwork"),
        ({"spec": {"terminationGracePeriodSeconds": 10}}, "spec.podTemplate.spec.terminationGracePeriodSeconds"),
        ({"spec": {"terminationGracePeriodSeconds": None}}, "spec.podTemplate.spec.terminationGracePeriodSeconds"),
        ({"spec": {"containers": ["engine"]}}, "spec.podTemplate has a list, an object or a value where"),
        ({"spec": "all"}, "spec.podTemplate has a list, an object or a value where"),
    ],
)
def test_what_the_operator_owns_cannot_be_taken_away(patch: Manifest, path: str) -> None:
    with pytest.raises(SpecError) as refused:
        patch_pod_template(TEMPLATE, patch)
    assert str(refused.value).startswith(path)


def test_all_conflicts_are_told_at_once() -> None:
    patch = {"metadata": {"labels": {"app": "theirs"}}, "spec": {"hostNetwork": True}}
    with pytest.raises(SpecError) as refused:
        patch_pod_template(TEMPLATE, patch)
    assert refused.value.reason == "PodTemplateConflict"
    assert [str(problem).split(" ")[0] for problem in refused.value.problems] == [
        "spec.podTemplate.metadata.labels[app]",
        "spec.podTemplate.spec.hostNetwork",
    ]


def test_what_is_the_users_may_be_changed() -> None:
    patch = {
        "metadata": {"annotations": {"a": "b"}, "labels": {"team": "red"}},
        "spec": {
            "terminationGracePeriodSeconds": 600,
            "securityContext": {"runAsUser": 1000},
            "containers": [{"name": "engine", "readinessProbe": {"periodSeconds": 1}}],
        },
    }
    patched = patch_pod_template(TEMPLATE, patch)
    assert patched["metadata"]["labels"] == {"app": "chat", "team": "red"}
    assert patched["spec"]["securityContext"] == {"runAsUser": 1000}
    assert patched["spec"]["containers"][0]["readinessProbe"]["periodSeconds"] == 1

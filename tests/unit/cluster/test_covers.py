"""When a manifest is covered by a live object and the record of what we applied. The records here are the API server's
own form; tests/apiserver/test_cluster_apply.py has real ones.
"""

import copy
from typing import Any

import pytest

from inferops.cluster.covers import covers
from inferops.names import Manifest

MANIFEST: Manifest = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "x", "namespace": "default", "labels": {"app": "x"}},
    "spec": {
        "selector": {"matchLabels": {"app": "x"}},
        "template": {
            "spec": {
                "containers": [
                    {
                        "name": "engine",
                        "args": ["--port", "8000"],
                        "env": [{"name": "A", "value": ""}, {"name": "B", "value": "1"}],
                        "ports": [{"containerPort": 8000}],
                        "resources": {"limits": {"cpu": "1000m"}},
                    }
                ],
                "hostNetwork": False,
            }
        },
    },
}
APPLIED: Manifest = {
    "f:metadata": {"f:labels": {"f:app": {}}},
    "f:spec": {
        "f:selector": {},
        "f:template": {
            "f:spec": {
                "f:hostNetwork": {},
                "f:containers": {
                    'k:{"name":"engine"}': {
                        ".": {},
                        "f:name": {},
                        "f:args": {},
                        "f:env": {
                            'k:{"name":"A"}': {".": {}, "f:name": {}, "f:value": {}},
                            'k:{"name":"B"}': {".": {}, "f:name": {}, "f:value": {}},
                        },
                        "f:ports": {'k:{"containerPort":8000,"protocol":"TCP"}': {".": {}, "f:containerPort": {}}},
                        "f:resources": {"f:limits": {"f:cpu": {}}},
                    }
                },
            }
        },
    },
}
LIVE: Manifest = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "x", "namespace": "default", "uid": "1", "labels": {"app": "x"}},
    "spec": {
        "replicas": 3,
        "selector": {"matchLabels": {"app": "x"}},
        "template": {
            "spec": {
                "containers": [
                    {
                        "name": "engine",
                        "args": ["--port", "8000"],
                        "env": [{"name": "A"}, {"name": "B", "value": "1"}],
                        "ports": [{"containerPort": 8000, "protocol": "TCP"}],
                        "resources": {"limits": {"cpu": "1"}},
                        "imagePullPolicy": "Always",
                    }
                ],
                "restartPolicy": "Always",
            }
        },
    },
    "status": {},
}


def put(tree: Manifest, path: str, value: Any) -> Manifest:
    """A copy with `value` at the path, whose parts are keys or indexes; ... removes."""
    copied = copy.deepcopy(tree)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    node: Any = copied
    for part in parents:
        node = node[part]
    if value is ...:
        del node[last]
    else:
        node[last] = value
    return copied


POD = "spec/template/spec"
ENGINE = f"{POD}/containers/0"


def test_defaults_other_spellings_and_dropped_zeros_are_covered() -> None:
    assert covers(LIVE, MANIFEST, APPLIED)


@pytest.mark.parametrize(
    "live",
    [
        put(LIVE, "metadata/labels", {"app": "x", "team": "a"}),
        put(LIVE, "metadata/annotations", {"note": "mine"}),
        put(LIVE, "spec/replicas", 9),
        put(LIVE, f"{POD}/containers", [{"name": "sidecar"}, LIVE["spec"]["template"]["spec"]["containers"][0]]),
        put(LIVE, f"{ENGINE}/env", [{"name": "A"}, {"name": "Z", "value": "9"}, {"name": "B", "value": "1"}]),
    ],
    ids=["label", "annotation", "replicas", "sidecar", "env"],
)
def test_what_others_added_does_not_matter(live: Manifest) -> None:
    assert covers(live, MANIFEST, APPLIED)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata/labels/app", "y"),
        ("metadata/labels", ...),
        (f"{ENGINE}/args", ["--port", "8001"]),
        (f"{ENGINE}/args", ["--port", "8000", "--more"]),
        (f"{ENGINE}/env/1/value", "2"),
        (f"{ENGINE}/env", [{"name": "B", "value": "1"}, {"name": "A"}]),
        (f"{ENGINE}/env/0", ...),
        (f"{ENGINE}/ports/0/containerPort", 8001),
        (f"{ENGINE}/resources/limits/cpu", "2"),
        (f"{POD}/hostNetwork", True),
        (f"{POD}/containers", []),
        ("spec/selector/matchLabels", {"app": "x", "more": "y"}),
        ("spec", ...),
    ],
)
def test_a_live_value_that_differs_is_drift(path: str, value: Any) -> None:
    assert not covers(put(LIVE, path, value), MANIFEST, APPLIED)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata/labels", {"app": "x", "new": "y"}),
        ("metadata/annotations", {"new": "y"}),
        ("metadata/labels", ...),
        (f"{ENGINE}/env/0", ...),
        (f"{ENGINE}/env", ...),
        (f"{ENGINE}/resources/limits", {"cpu": "1", "memory": "1Gi"}),
        (f"{ENGINE}/ports", [{"containerPort": 8000}, {"containerPort": 9000}]),
        (f"{POD}/hostNetwork", ...),
        ("spec/replicas", 3),
    ],
)
def test_a_plan_that_gains_or_drops_a_field_is_not_covered(path: str, value: Any) -> None:
    assert not covers(LIVE, put(MANIFEST, path, value), APPLIED)


def test_a_field_that_somebody_else_took_over_is_not_covered() -> None:
    assert not covers(LIVE, MANIFEST, put(APPLIED, "f:spec/f:template/f:spec/f:hostNetwork", ...))


def test_an_object_that_we_never_applied_is_not_covered() -> None:
    assert not covers(LIVE, MANIFEST, {})


def test_quantities_are_compared_as_amounts_only_where_they_are_quantities() -> None:
    applied: Manifest = {"f:data": {"f:cpu": {}}}
    wanted = {"kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"cpu": "1000m"}}
    assert not covers({"data": {"cpu": "1"}}, wanted, applied)


def test_sets_are_compared_by_value() -> None:
    applied: Manifest = {"f:metadata": {"f:finalizers": {".": {}, 'v:"a/b"': {}}}}
    wanted = {"metadata": {"name": "x", "finalizers": ["a/b"]}}
    assert covers({"metadata": {"finalizers": ["other/one", "a/b"]}}, wanted, applied)
    assert not covers({"metadata": {"finalizers": ["other/one"]}}, wanted, applied)


def test_values_that_count_as_a_whole_may_gain_known_defaults_only() -> None:
    applied: Manifest = {"f:spec": {"f:ingress": {}}}
    wanted = {"metadata": {"name": "x"}, "spec": {"ingress": [{"ports": [{"port": 8000}]}]}}
    defaulted = {"spec": {"ingress": [{"ports": [{"port": 8000, "protocol": "TCP"}]}]}}
    widened = {"spec": {"ingress": [{"ports": [{"port": 8000, "endPort": 9000}]}]}}
    assert covers(defaulted, wanted, applied)
    assert not covers(widened, wanted, applied)

"""The definitions themselves: they install, stay as they are when applied again, fill in defaults and print well."""

import json
from typing import Any

import pytest

from inferops.cluster.client import Client
from inferops.names import API_VERSION, Manifest
from tests.support.apiserver import ApiServer
from tests.support.crds import CRD_PATH, apply_crd, install_crds, read_crds

INSTANCES = f"/apis/{API_VERSION}/namespaces/default/inferenceinstances"
NOW = "2030-01-01T00:00:00Z"


def build_instance(name: str, **spec: Any) -> Manifest:
    regions = [{"region": "eu", "scale": {"min": 1, "max": 2}}]
    return build_object("InferenceInstance", name, {"model": "llama", "regions": regions, **spec})


def build_object(kind: str, name: str, spec: Manifest) -> Manifest:
    namespaced = kind in {"InferenceInstance", "Registry", "ApiKey"}
    metadata = {"name": name, **({"namespace": "default"} if namespaced else {})}
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}


def build_condition(condition: str, *, met: bool) -> Manifest:
    status = "True" if met else "False"
    return {
        "type": condition,
        "status": status,
        "reason": "Tested",
        "message": "A sentence.",
        "lastTransitionTime": NOW,
    }


@pytest.mark.parametrize("crd", read_crds(), ids=lambda crd: crd["spec"]["names"]["kind"])
def test_applying_a_definition_again_changes_nothing(own: ApiServer, crd: Manifest) -> None:
    install_crds(own)
    before = own.http.get(f"{CRD_PATH}/{crd['metadata']['name']}").json()["metadata"]
    after = apply_crd(own, crd)["metadata"]
    assert (after["generation"], after["resourceVersion"]) == (before["generation"], before["resourceVersion"])


def test_a_definition_is_updated_in_place_and_its_objects_stay(own: ApiServer) -> None:
    crd = next(crd for crd in read_crds() if crd["spec"]["names"]["kind"] == "Region")
    region = own.http.post(f"/apis/{API_VERSION}/regions", json=build_object("Region", "stays", {"id": 1})).json()
    fewer = {**crd["spec"]["versions"][0], "additionalPrinterColumns": []}
    apply_crd(own, {**crd, "spec": {**crd["spec"], "versions": [fewer]}})
    apply_crd(own, crd)
    assert own.http.get(f"/apis/{API_VERSION}/regions/stays").json()["metadata"] == region["metadata"]


async def test_defaults_are_filled_in_where_the_user_wrote_nothing(client: Client) -> None:
    live = await client.apply(build_instance("defaults"))
    assert live["spec"] == {
        "model": "llama",
        "regions": [{"region": "eu", "scale": {"min": 1, "max": 2, "cooldownPeriod": 60}}],
        "stopped": False,
        "auth": "ApiKey",
        "podLifetime": 120,
        "loadBalancing": "LeastRequest",
        "resend": True,
        "limits": {"maxRequestBytes": "32Mi", "requestTimeout": 600, "holdTimeout": 600, "maxHeldRequests": 1000},
        "rollout": {"strategy": "Auto", "drainSeconds": 60},
    }


async def test_a_new_instance_says_so_before_the_operator_has_seen_it(client: Client) -> None:
    live = await client.apply(build_instance("unseen"))
    assert live["status"] == {"phase": "NEW"}


async def test_null_as_pod_lifetime_is_kept_by_server_side_apply(client: Client) -> None:
    live = await client.apply(build_instance("forever", podLifetime=None))
    assert live["spec"]["podLifetime"] is None


async def test_a_status_is_written_apart_from_the_spec(client: Client) -> None:
    instance = await client.apply(build_instance("reported"))
    status = {
        "phase": "ACTIVE",
        "address": "https://reported-12345678.example.com/",
        "id": "reported-12345678",
        "model": "llama",
        "features": ["chat"],
        "hourlyPrice": "2.50",
        "currency": "EUR",
        "ready": "1/2",
        "regions": [{"region": "eu", "replicas": {"ready": 1, "total": 2}, "errorMessage": "one is starting"}],
        "observedGeneration": 1,
        "conditions": [build_condition(each, met=True) for each in ("Accepted", "Available")],
        "readySince": NOW,
    }
    reported = await client.apply({**instance_identity(instance), "status": status}, subresource="status")
    assert reported["status"] == status
    assert reported["metadata"]["generation"] == instance["metadata"]["generation"]


def instance_identity(instance: Manifest) -> Manifest:
    metadata = {key: instance["metadata"][key] for key in ("name", "namespace")}
    return {"apiVersion": instance["apiVersion"], "kind": instance["kind"], "metadata": metadata}


TABLES: dict[str, tuple[Manifest, Manifest]] = {
    "InferenceInstance": (
        {"model": "llama", "regions": [{"region": "eu", "scale": {"min": 1, "max": 2}}]},
        {
            "Phase": "NEW",
            "Ready": None,
            "Reason": None,
            "Model": None,
            "Hardware": None,
            "Address": None,
            "Message": None,
        },
    ),
    "Registry": ({"url": "ghcr.io"}, {"URL": "ghcr.io", "Verified": None}),
    "ApiKey": ({}, {"Prefix": None, "Ready": None, "Secret": None, "Expires": None}),
    "Model": (
        {
            "image": "vllm/vllm-openai:v1",
            "source": "hf://a/b",
            "defaultHardware": "l40s",
            "features": ["chat", "vision"],
        },
        {"Engine": "vLLM", "Source": "hf://a/b", "Hardware": "l40s", "Features": '["chat","vision"]'},
    ),
    "Hardware": (
        {"cpu": "16", "memory": "232Gi", "gpu": {"model": "NVIDIA-L40S", "count": 2}, "pricePerHour": "1.50"},
        {"CPU": "16", "Memory": "232Gi", "GPU": "NVIDIA-L40S", "Count": 2, "Price/h": "1.50"},
    ),
    "Region": (
        {"id": 78, "displayName": "Luxembourg", "countryCode": "LU"},
        {"Id": 78, "Display name": "Luxembourg", "Country": "LU"},
    ),
}
"""Kind -> a spec, and what `kubectl get -o wide` shows of it beside its name and age."""


@pytest.mark.parametrize("crd", read_crds(), ids=lambda crd: crd["spec"]["names"]["kind"])
async def test_kubectl_get_shows_a_line_for_each_object(own: ApiServer, client: Client, crd: Manifest) -> None:
    kind, plural = crd["spec"]["names"]["kind"], crd["spec"]["names"]["plural"]
    spec, shown = TABLES[kind]
    await client.apply(build_object(kind, "printed", spec))
    accept = "application/json;as=Table;v=v1;g=meta.k8s.io"
    table = own.http.get(f"/apis/{API_VERSION}/{plural}", headers={"Accept": accept}).json()
    (row,) = (row["cells"] for row in table["rows"] if row["cells"][0] == "printed")
    cells = dict(zip((column["name"] for column in table["columnDefinitions"]), row, strict=True))
    assert [name for name in cells if name != "Age"] == ["Name", *shown]
    assert {name: cells[name] for name in shown} == shown


async def test_kubectl_wait_sees_the_conditions(own: ApiServer, client: Client) -> None:
    instance = await client.apply(build_instance("waited"))
    status = {"phase": "ACTIVE", "conditions": [build_condition("Available", met=True)]}
    await client.apply({**instance_identity(instance), "status": status}, subresource="status")
    waited = own.run_kubectl("wait", "--for=condition=Available", "inf/waited", "--timeout=5s")
    assert waited.stdout == "inferenceinstance.inferops.dev/waited condition met\n", waited.stderr


@pytest.mark.parametrize("short", ["inf", "infreg", "infkey", "infmodel", "infhw", "infregion", "inferops"])
def test_kubectl_knows_the_short_names_and_the_category(own: ApiServer, short: str) -> None:
    assert own.run_kubectl("get", short).returncode == 0


def test_kubectl_explain_describes_a_field(own: ApiServer) -> None:
    explained = own.run_kubectl("explain", "inf.spec.regions.scale.cooldownPeriod").stdout
    assert "Seconds between scaling actions." in explained


REFUSALS = {
    "an unknown field": (
        {"modle": "llama"},
        """\
Error from server (BadRequest): error when creating "STDIN": InferenceInstance in version "v1alpha1" cannot be \
handled as a InferenceInstance: strict decoding error: unknown field "spec.modle"
""",
    ),
    "one mistake": (
        {"image": "nginx"},
        """\
The InferenceInstance "refused" is invalid: spec: Invalid value: "object": model and image exclude each other: name \
one image source
""",
    ),
    "a mistake that keeps the rules from being checked": (
        {"auth": "OIDC"},
        """\
The InferenceInstance "refused" is invalid:\x20
* spec.auth: Unsupported value: "OIDC": supported values: "ApiKey", "None"
* <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the \
existing errors to complete validation
""",
    ),
}


@pytest.mark.parametrize(("spec", "printed"), REFUSALS.values(), ids=REFUSALS.keys())
def test_kubectl_apply_prints_what_is_wrong(own: ApiServer, spec: Manifest, printed: str) -> None:
    refused = own.run_kubectl("apply", "-f", "-", stdin=json.dumps(build_instance("refused", **spec)))
    assert refused.stderr == printed
    assert refused.returncode == 1

"""Small pieces of the gateway whose edges the golden files do not show."""

import base64
from datetime import UTC, datetime
from typing import Any

import pytest

from inferops.gateway.endpoints import read_endpoints
from inferops.gateway.instances import read_instance
from inferops.gateway.keys import build_keyring, read_api_key, read_hash_secret
from inferops.gateway.routes import LARGEST_REQUEST, build_limits
from inferops.gateway.virtual_hosts import model_domain
from inferops.specs.key_hashes import read_hashes

BYTES = [("1m", 1), ("1500m", 1), ("3k", 3000), ("32Mi", 32 << 20), ("9999999999Ei", LARGEST_REQUEST)]


@pytest.mark.parametrize(("given", "limit"), BYTES)
def test_a_limit_is_a_number_of_bytes_that_envoy_can_have(given: str, limit: int) -> None:
    spec = SPEC | {"limits": {"maxRequestBytes": given}}
    instance = read_instance({"metadata": {"namespace": "team", "name": "chat"}, "spec": spec})
    assert build_limits(instance).request_bytes == limit


HASHES = {
    base64.b64encode(b"a" * 64).decode(): "a" * 64,
    base64.b64encode(b"a" * 64 + b"\n").decode(): "a" * 64,
    base64.b64encode(b"A" * 64).decode(): None,
    base64.b64encode(b"a" * 63).decode(): None,
    base64.b64encode(b"none").decode(): None,
    base64.b64encode(b"\xff" * 64).decode(): None,
    "not base64!": None,
    "": None,
}


@pytest.mark.parametrize("data", HASHES)
def test_only_a_sha256_is_a_hash(data: str) -> None:
    found = read_hashes({"data": {"sha256": data}})
    assert (found and found.current) == HASHES[data]


def test_a_secret_without_data_is_no_hash() -> None:
    assert read_hashes({}) is None


def key(name: str, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"namespace": "team", "name": name, "creationTimestamp": ""}, "spec": spec}


def test_the_next_expiry_is_that_of_a_key_that_is_valid() -> None:
    data = {"sha256": base64.b64encode(b"a" * 64).decode()}
    secrets = {("team", f"{name}-hash"): read_hash_secret({"metadata": {}, "data": data}) for name in "abcd"}
    keys = [
        key("a", expiresAt="2026-01-03T00:00:00Z"),
        key("b", expiresAt="2026-01-02T00:00:00Z"),
        key("c", expiresAt="2025-01-01T00:00:00Z"),
        key("d", expiresAt="2026-01-01T12:00:00Z", disabled=True),
    ]
    keyring = build_keyring(map(read_api_key, keys), secrets, datetime(2026, 1, 1, tzinfo=UTC))
    assert keyring.next_expiry == datetime(2026, 1, 2, tzinfo=UTC)


SPEC = {"model": "tiny", "regions": [{"region": "eu", "scale": {"min": 1, "max": 1}}]}
INSTANCE = read_instance({"metadata": {"namespace": "team", "name": "chat"}, "spec": SPEC})


def slice_of(**changes: Any) -> dict[str, Any]:
    return {
        "metadata": {"namespace": "team", "labels": {"kubernetes.io/service-name": INSTANCE.id}},
        "addressType": "IPv4",
        "ports": [{"name": "http", "port": 8000}],
        "endpoints": [{"addresses": ["10.0.0.1"]}],
        **changes,
    }


def test_slices_of_other_services_ports_and_address_types_say_nothing() -> None:
    others = (
        slice_of(metadata={"namespace": "team", "labels": {"kubernetes.io/service-name": "another"}}),
        slice_of(ports=[{"name": "metrics", "port": 9000}]),
        slice_of(ports=None),
        slice_of(ports=[{"name": "http"}]),
        slice_of(addressType="FQDN", endpoints=[{"addresses": ["example.com"]}]),
        slice_of(endpoints=None),
    )
    assert read_endpoints(INSTANCE, others) == ()


def test_an_address_in_two_slices_is_ready_if_one_says_so() -> None:
    unready = slice_of(endpoints=[{"addresses": ["10.0.0.1"], "conditions": {"ready": False}}])
    for slices in ((slice_of(), unready), (unready, slice_of())):
        (endpoint,) = read_endpoints(INSTANCE, slices)
        assert endpoint.ready


@pytest.mark.parametrize(
    ("model", "spelled"),
    [
        ("org/Model-7B_v0.3", "org/model-7b_v0.3"),
        ("a b", "a%20b"),
        ("*", "%2a"),
        ("é", "%c3%a9"),
        ("100%", "100%25"),
        ("x:y@z+w~v", "x:y@z+w~v"),
    ],
)
def test_a_model_name_is_spelled_so_that_envoy_reads_no_pattern_in_it(model: str, spelled: str) -> None:
    assert model_domain("team", model) == f"m:team/{spelled}"

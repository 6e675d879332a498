"""The models as the operator reads them: what the API server accepts, and the same words where it would refuse."""

import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from inferops.errors import SpecError
from inferops.specs import KINDS
from inferops.specs.base import Spec, read_spec
from inferops.specs.catalog import HardwareSpec, ModelSpec, served_name
from inferops.specs.instance import InstanceSpec
from inferops.specs.registry import RegistrySpec

MODELS: dict[str, type[Spec]] = {kind.kind: kind.spec for kind in KINDS}
CASES = Path(__file__).resolve().parents[2] / "apiserver" / "cases"
SPECS = [
    pytest.param(file["kind"], case["spec"], id=f"{file['kind']}: {sentence}")
    for file in map(yaml.safe_load, (path.read_text() for path in sorted(CASES.glob("*.yaml"))))
    for sentence, case in file["accepted"].items()
]
REGIONS = [{"region": "eu", "scale": {"min": 1, "max": 2}}]


@pytest.mark.parametrize(("kind", "spec"), SPECS)
def test_the_operator_reads_what_the_api_server_accepts(kind: str, spec: dict[str, Any]) -> None:
    model = read_spec(MODELS[kind], {"spec": spec})
    written = model.model_dump(mode="json", by_alias=True, exclude_unset=True)
    assert written.keys() == spec.keys()


WRONG: dict[str, tuple[type[Spec], dict[str, Any], str]] = {
    "a text that does not match": (
        RegistrySpec,
        {"url": "https://ghcr.io"},
        (
            "spec.url: must be a registry host or an image reference without a scheme, such as ghcr.io or"
            ' docker.io/library/user/image:tag, not "https://ghcr.io"'
        ),
    ),
    "a line break after what would match": (
        InstanceSpec,
        {"model": "llama\n", "regions": REGIONS},
        (
            'spec.model: must be the name of an object (lowercase letters, digits, "-" and ".", at both ends a letter'
            ' or digit), not "llama\n"'
        ),
    ),
    "a number out of range": (
        InstanceSpec,
        {"model": "llama", "containerPort": 0, "regions": REGIONS},
        'spec.containerPort: Input should be greater than or equal to 1 (got "0")',
    ),
    "a region twice": (
        InstanceSpec,
        {"model": "llama", "regions": REGIONS * 2},
        "spec: regions names eu more than once",
    ),
    "a probe with two handlers": (
        InstanceSpec,
        {"model": "llama", "regions": REGIONS, "probes": {"liveness": {"httpGet": {}, "exec": {}}}},
        "spec.probes.liveness: a probe has one of exec, httpGet, tcpSocket, grpc",
    ),
    "a password in a field that does not exist": (
        RegistrySpec,
        {"url": "ghcr.io", "password": "hunter2"},
        "spec.password: unknown field",
    ),
    "two mistakes": (
        InstanceSpec,
        {"model": "llama", "auth": "OIDC"},
        "spec.auth: Input should be 'ApiKey' or 'None' (got \"OIDC\"); spec.regions: Field required",
    ),
}


@pytest.mark.parametrize(("model", "spec", "sentence"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_spec_is_said_to_be_wrong(model: type[Spec], spec: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_spec(model, {"spec": spec})
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("written", "read"), [(16, "16"), ("16", "16"), ("500m", "500m"), (68719476736, "68719476736")]
)
def test_a_quantity_may_be_a_plain_number_and_is_read_as_text(written: object, read: str) -> None:
    assert read_spec(HardwareSpec, {"spec": {"cpu": written, "memory": "1Gi"}}).cpu == read


@pytest.mark.parametrize("written", [0, -1, True, 1.5, "", "1e3"])
def test_what_is_no_quantity_is_refused_by_its_field(written: object) -> None:
    with pytest.raises(SpecError, match=r"^spec\.cpu: "):
        read_spec(HardwareSpec, {"spec": {"cpu": written, "memory": "1Gi"}})


SERVED = {
    "the name of the Model": (ModelSpec(image="a", source="hf://Qwen/Qwen3"), "qwen"),
    "what it says itself": (ModelSpec(image="a", source="hf://Qwen/Qwen3", served_name="q"), "q"),
    "the repository of a Whisper": (
        ModelSpec(image="a", engine="Whisper", source="hf://openai/whisper"),
        "openai/whisper",
    ),
    "the name of a Whisper that is not from a hub": (
        ModelSpec(image="a", engine="Whisper", source="pvc://w/w"),
        "qwen",
    ),
}


@pytest.mark.parametrize(("model", "expected"), SERVED.values(), ids=SERVED.keys())
def test_requests_carry(model: ModelSpec, expected: str) -> None:
    assert served_name("qwen", model) == expected


def test_a_long_bundle_is_judged_at_once() -> None:
    """The API server's own matcher needs no time for it either, so it may come."""
    line = "-----BEGIN CERTIFICATE-----\n"
    bundle = f"{line}x\n-----END CERTIFICATE-----\n" + line * 9000
    begun = time.process_time()
    assert RegistrySpec(url="ghcr.io", ca_bundle=bundle).ca_bundle == bundle
    assert time.process_time() - begun < 1

"""What the API server takes and what it refuses, with the very words that a user reads: one file of cases per kind."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from inferops.names import API_VERSION, Manifest
from inferops.specs import KINDS
from tests.support.apiserver import ApiServer

FILES = [yaml.safe_load(path.read_text()) for path in sorted(Path(__file__).parent.glob("cases/*.yaml"))]
Case = dict[str, Any]
UNCHECKED = (
    ", <nil>: Invalid value: null: some validation rules were not checked because the object was invalid;"
    " correct the existing errors to complete validation]"
)
"""What the API server adds where a field is missing or of the wrong type; the cases leave it out."""


def read_cases(verdict: str) -> list[Any]:
    """All cases of that verdict, each named by its sentence."""
    return [
        pytest.param(file["kind"], case, id=f"{file['kind']}: {sentence}")
        for file in FILES
        for sentence, case in file[verdict].items()
    ]


def build_manifest(kind: str, case: Case) -> Manifest:
    manifest = {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": case.get("name", "example")}}
    return {**manifest, "spec": case["spec"]} if "spec" in case else manifest


def create(server: ApiServer, manifest: Manifest) -> dict[str, Any]:
    """What `kubectl apply` does with an object that is not there yet."""
    kind = next(kind for kind in KINDS if kind.kind == manifest["kind"])
    place = "namespaces/default/" if kind.namespaced else ""
    answer = server.http.post(
        f"/apis/{API_VERSION}/{place}{kind.plural}",
        params={"dryRun": "All", "fieldValidation": "Strict"},
        json=manifest,
    )
    body: dict[str, Any] = answer.json()
    return body


def read_sentence(message: str, manifest: Manifest) -> str:
    """The message without what surrounds every one."""
    kind, name = manifest["kind"], manifest["metadata"]["name"]
    sentence = message.removeprefix(f'{kind}.inferops.dev "{name}" is invalid: ')
    sentence = sentence.removeprefix(f'{kind} in version "v1alpha1" cannot be handled as a {kind}: ')
    return sentence.removesuffix(UNCHECKED).removeprefix("[") if sentence.endswith(UNCHECKED) else sentence


@pytest.mark.parametrize(("kind", "case"), read_cases("accepted"))
def test_the_api_server_accepts(crds: ApiServer, kind: str, case: Case) -> None:
    answer = create(crds, build_manifest(kind, case))
    assert answer["kind"] == kind, answer["message"]


@pytest.mark.parametrize(("kind", "case"), read_cases("refused"))
def test_the_api_server_refuses(crds: ApiServer, kind: str, case: Case) -> None:
    manifest = build_manifest(kind, case)
    answer = create(crds, manifest)
    assert answer["kind"] == "Status", "it was accepted"
    if crds.ours:  # another version of Kubernetes may word it otherwise
        assert read_sentence(answer["message"], manifest) == case["says"]

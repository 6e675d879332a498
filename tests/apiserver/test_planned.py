"""What we write is what the API server takes: every golden output and every example, with strict validation."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from inferops.cluster.resources import RESOURCES
from inferops.names import Manifest
from tests.support.apiserver import ApiServer

REPOSITORY = Path(__file__).resolve().parents[2]
FILES = sorted([*REPOSITORY.glob("tests/golden/**/*.out.yaml"), *REPOSITORY.glob("examples/**/*.yaml")])
UID = "00000000-0000-0000-0000-000000000000"


def read_documents() -> list[Any]:
    """Every Kubernetes object in these files."""
    return [
        pytest.param(document, id=f"{path.relative_to(REPOSITORY)} {document['kind']} {document['metadata']['name']}")
        for path in FILES
        for document in yaml.safe_load_all(path.read_text())
        if document and "kind" in document
    ]


@pytest.mark.usefixtures("gateway_api")
@pytest.mark.parametrize("document", read_documents())
def test_the_api_server_takes_what_we_write(keda: ApiServer, document: Manifest) -> None:
    resource = RESOURCES[document["kind"]]
    metadata = document["metadata"]
    namespace = "default" if resource.namespaced else ""
    applied = {**document, "metadata": {**metadata, **({"namespace": namespace} if namespace else {})}}
    answer = keda.http.patch(
        resource.path(namespace, metadata["name"]),
        params={"dryRun": "All", "fieldManager": "test", "force": "true", "fieldValidation": "Strict"},
        headers={"Content-Type": "application/apply-patch+yaml"},
        content=yaml.safe_dump(applied),
    )
    assert answer.is_success, answer.json()["message"]

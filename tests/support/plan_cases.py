"""Golden cases of the plan: a folder with `catalog.yaml` and `<case>.in.yaml` files, read as a plan's inputs."""

from pathlib import Path
from typing import Any, NamedTuple

import yaml

from inferops.names import Manifest
from inferops.plan.types import InstanceInputs, Observed
from inferops.settings import Settings


class Case(NamedTuple):
    """What a plan and a status are made from."""

    inputs: InstanceInputs
    observed: Observed
    settings: Settings


def read_names(folder: Path) -> list[str]:
    """Names of the cases in a folder."""
    return sorted(path.name.removesuffix(".in.yaml") for path in folder.glob("*.in.yaml"))


def read_documents(path: Path) -> list[Manifest]:
    """All documents of a YAML file that say something."""
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


def read_case(folder: Path, name: str) -> Case:
    """The catalog and the case's own documents; a document `kind: Given` has settings and what the cluster can do."""
    documents = [*read_documents(folder / "catalog.yaml"), *read_documents(folder / f"{name}.in.yaml")]
    given: Manifest = next((doc for doc in documents if doc["kind"] == "Given"), {})
    objects = [doc for doc in documents if doc["kind"] != "Given"]
    known: dict[str, list[str]] = {}
    for obj in objects:
        known.setdefault(obj["kind"], []).append(obj["metadata"]["name"])
    inputs = InstanceInputs(
        obj=next(obj for obj in objects if obj["kind"] == "InferenceInstance"),
        named={(obj["kind"], obj["metadata"]["name"]): obj for obj in objects},
        known=known,
        claim=next((obj for obj in objects if obj["kind"] == "PersistentVolumeClaim"), None),
        rivals=[obj for obj in objects if obj["kind"] == "InferenceInstance"][1:],
        **pick(given, "keda", "gateway_api", "namespace_uid", "incapable"),
    )
    routes = [obj for obj in objects if obj["kind"] == "HTTPRoute"]
    deployments = {obj["metadata"]["name"]: obj for obj in objects if obj["kind"] == "Deployment"}
    pods = [obj for obj in objects if obj["kind"] == "Pod"]
    settings = Settings.model_validate(given.get("settings", {}))
    return Case(inputs, Observed(deployments=deployments, pods=pods, routes=routes), settings)


def pick(given: Manifest, *names: str) -> dict[str, Any]:
    """Those of the names that are given."""
    return {name: given[name] for name in names if name in given}

"""The six kinds as CustomResourceDefinitions: `python -m inferops.specs.crd` writes everything that is generated from
the models, so that no field is described twice.
"""

import sys
from pathlib import Path
from typing import Any

import yaml

from inferops.names import GROUP, VERSION, Manifest
from inferops.specs import KINDS
from inferops.specs.base import Column, Kind
from inferops.specs.reference import build_reference
from inferops.specs.schema import Schema, build_schema

CATEGORY = "inferops"
"""`kubectl get inferops` lists everything of ours."""
HEADER = "# Generated from operator/inferops/specs by `python -m inferops.specs.crd`: change the models, then run it.\n"
CRD_FOLDERS = ("crds", "charts/inferops/crds")
"""Where the definitions lie, from the repository's root: for kubectl and for Helm."""
REFERENCE = "docs/reference/crds.md"


def build_crd(kind: Kind) -> Manifest:
    """The CustomResourceDefinition (apiextensions.k8s.io/v1) of one kind."""
    names: Manifest = {
        "kind": kind.kind,
        "listKind": f"{kind.kind}List",
        "plural": kind.plural,
        "singular": kind.kind.lower(),
        "categories": [CATEGORY],
    }
    if kind.short_names:
        names["shortNames"] = list(kind.short_names)
    version: Manifest = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "additionalPrinterColumns": [build_column(column) for column in kind.columns],
        "schema": {"openAPIV3Schema": build_root(kind)},
    }
    if kind.status.model_fields:
        version["subresources"] = {"status": {}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "names": names,
            "scope": "Namespaced" if kind.namespaced else "Cluster",
            "versions": [version],
        },
    }


def build_root(kind: Kind) -> Schema:
    """The schema of the whole object."""
    properties: Schema = {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": {"type": "object", "properties": {"name": {"type": "string", "maxLength": 253}}},
        "spec": build_schema(kind.spec),
    }
    if kind.status.model_fields:
        properties["status"] = build_schema(kind.status)
        if any("default" in field for field in properties["status"]["properties"].values()):
            properties["status"]["default"] = {}  # what is new says so before the operator has seen it
    root: Schema = {"description": kind.description, "type": "object"}
    if kind.rules:
        root["x-kubernetes-validations"] = [rule.as_validation() for rule in kind.rules]
    return {**root, "required": ["spec"], "properties": properties}


def build_column(column: Column) -> Manifest:
    """One of `additionalPrinterColumns`, without what is the API server's default."""
    return column.model_dump(exclude_defaults=True) | {"type": column.type}


def build_files() -> dict[str, str]:
    """Everything generated: path from the repository's root -> text."""
    definitions = {f"{kind.plural}.yaml": HEADER + dump(build_crd(kind)) for kind in KINDS}
    files = {f"{folder}/{name}": text for folder in CRD_FOLDERS for name, text in definitions.items()}
    return {**files, REFERENCE: build_reference(KINDS)}


def dump(manifest: dict[str, Any]) -> str:
    """YAML whose lines a diff can follow: fields in our order, long sentences folded."""
    return yaml.safe_dump(manifest, sort_keys=False, allow_unicode=True, width=120)


def main(root: str = ".") -> None:
    """Write the generated files below the repository's root."""
    for name, text in build_files().items():
        path = Path(root, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    main(*sys.argv[1:])

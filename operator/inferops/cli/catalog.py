"""The catalog for commands that work without a cluster: manifests of Models, Hardwares and Regions, or the values of
the chart, from which charts/inferops/templates/catalog.yaml makes them.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from inferops.errors import SpecError
from inferops.names import API_VERSION, Manifest

CHART_VALUES = Path(__file__).resolve().parents[3] / "charts" / "inferops" / "values.yaml"
"""In a checkout of the repository; an installed package has none."""
DEFAULT = str(CHART_VALUES) if CHART_VALUES.exists() else None


def read_catalog(path: str) -> Iterator[Manifest]:
    """All documents of the file; chart values become the objects that Helm would install."""
    for document in yaml.safe_load_all(Path(path).read_text()):
        if not isinstance(document, dict):
            continue
        if "kind" in document:
            yield document
        elif "catalog" in document:
            yield from build_catalog(document["catalog"] or {})
        else:
            raise SpecError(f"{path}: neither manifests nor chart values with a catalog")


def build_catalog(values: Manifest) -> Iterator[Manifest]:
    """An entry that is null is left out; a Model's engine is vLLM, and its image the engine's, unless it says more."""
    for kind, key in (("Region", "regions"), ("Hardware", "hardware")):
        for name, spec in (values.get(key) or {}).items():
            if spec:
                yield build_entry(kind, name, spec)
    engines: dict[str, Any] = values.get("engines") or {}
    for name, spec in (values.get("models") or {}).items():
        if spec:
            engine = spec.get("engine") or "vLLM"
            image = engines.get("whisper" if engine == "Whisper" else "vllm")
            yield build_entry("Model", name, {"engine": engine, "image": image, **spec})


def build_entry(kind: str, name: str, spec: Manifest) -> Manifest:
    """One object."""
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec}

"""`inferops render`: what the operator would apply, without a cluster, for review in a GitOps repository."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
import yaml

from inferops.errors import InferopsError, SpecError
from inferops.names import GROUP, Manifest
from inferops.plan.instance import plan_instance
from inferops.plan.resolve import missing_keys
from inferops.plan.types import InstanceInputs
from inferops.settings import read_settings


@click.command()
@click.option(
    "-f", "--file", "files", multiple=True, required=True, help="YAML file or directory; - for standard input."
)
@click.option("-n", "--namespace", default="default", show_default=True, help="Namespace of objects that name none.")
@click.option("--settings", "settings_path", help="The installation's settings file.")
@click.option("--keda/--no-keda", default=True, show_default=True, help="Whether the cluster has KEDA.")
def render(files: tuple[str, ...], namespace: str, settings_path: str | None, *, keda: bool) -> None:
    """Print the objects of the InferenceInstances in FILE as YAML.

    The Models, Hardwares, Regions, Registries and ApiKeys that they name are taken from the same files. Owner
    references are left out: they carry a uid that only a cluster gives.
    """
    try:
        objects = [obj for file in files for obj in read_objects(file, namespace)]
        settings = read_settings(settings_path)
        for inputs in build_inputs(objects, keda=keda):
            for error in missing_keys(inputs):
                click.echo(f"warning: {error}", err=True)
            plan = plan_instance(inputs, settings)
            print(dump(plan.objects), end="")
    except (InferopsError, OSError, yaml.YAMLError) as error:
        raise click.ClickException(str(error)) from None


class PlainDumper(yaml.SafeDumper):
    """Writes repeated values again instead of `&id001` and `*id001`, which nobody likes to review."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        """Every value is written out."""
        return True


def dump(objects: list[Manifest]) -> str:
    """Objects as YAML documents, fields in the order in which the plan writes them."""
    return yaml.dump_all(objects, Dumper=PlainDumper, sort_keys=False, explicit_start=True, width=120)


def read_objects(file: str, namespace: str) -> Iterable[Manifest]:
    """Our objects in a file, all files of a directory, or standard input."""
    if Path(file).is_dir():
        for path in sorted(Path(file).rglob("*.y*ml")):
            yield from read_objects(str(path), namespace)
        return
    text = sys.stdin.read() if file == "-" else Path(file).read_text()
    for obj in yaml.safe_load_all(text):
        if isinstance(obj, dict) and str(obj.get("apiVersion", "")).startswith(f"{GROUP}/"):
            if not (obj.get("metadata") or {}).get("name"):
                raise SpecError(f"{file}: a {obj.get('kind')} has no metadata.name")
            obj["metadata"].setdefault("namespace", namespace)
            yield obj


def build_inputs(objects: list[Manifest], *, keda: bool) -> Iterable[InstanceInputs]:
    """The inputs of each InferenceInstance among the objects."""
    for obj in (obj for obj in objects if obj["kind"] == "InferenceInstance"):
        namespace = obj["metadata"]["namespace"]
        visible = [
            other
            for other in objects
            if other["kind"] in {"Model", "Hardware", "Region"} or other["metadata"]["namespace"] == namespace
        ]
        known: dict[str, list[str]] = {}
        for other in visible:
            known.setdefault(other["kind"], []).append(other["metadata"]["name"])
        named = {(other["kind"], other["metadata"]["name"]): other for other in visible}
        yield InstanceInputs(obj=obj, named=named, known=known, keda=keda)

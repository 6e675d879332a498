"""`inferops render`: what the operator would apply, without a cluster, for review in a GitOps repository."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click
import orjson
import yaml

from inferops.cli.catalog import DEFAULT, read_catalog
from inferops.cluster.client import Client
from inferops.cluster.cluster import Cluster, with_replicas
from inferops.cluster.connection import Connection
from inferops.cluster.resources import RESOURCES
from inferops.errors import InferopsError, SpecError
from inferops.names import Manifest
from inferops.plan.instance import plan_instance
from inferops.plan.resolve import missing_keys
from inferops.plan.types import Plan
from inferops.reconcile.gather import gather_instance
from inferops.settings import Settings, read_settings


@click.command()
@click.option(
    "-f", "--file", "files", multiple=True, required=True, help="YAML file or directory; - for standard input."
)
@click.option("-n", "--namespace", default="default", show_default=True, help="Namespace of objects that name none.")
@click.option("--settings", "settings_path", help="The installation's settings file.")
@click.option(
    "--catalog", default=DEFAULT, help="Catalog beside FILE: manifests, or chart values. Default: the chart's."
)
@click.option("--keda/--no-keda", default=True, show_default=True, help="Whether the cluster has KEDA.")
@click.option("--gateway-api/--no-gateway-api", default=True, show_default=True, help="Whether it has HTTPRoutes.")
@click.option("-o", "--output", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True)
def render(**options: Any) -> None:
    """Print the objects of the InferenceInstances in FILE, as the operator creates them.

    What they name is taken from the same files, then from the catalog. As JSON each line is, byte for byte, what the
    API server is sent. Owner references need the uid that a cluster gave: they appear where FILE has it.
    Exit status 1 where an instance cannot be planned; the others are printed all the same.
    """
    try:
        settings = read_settings(options["settings_path"])
        named = list(read_catalog(options["catalog"])) if options["catalog"] else []
        given = [obj for file in options["files"] for obj in read_objects(file)]
        cluster = fill_stores([*named, *given], options["namespace"])
        check_twice(given, options["namespace"])
    except (InferopsError, OSError, yaml.YAMLError) as error:
        raise click.ClickException(str(error)) from None
    cluster.stores["ScaledObject"].served = options["keda"]
    cluster.stores["HTTPRoute"].served = options["gateway_api"]
    failed = False
    for obj in cluster.stores["InferenceInstance"].values():
        try:
            write(plan(cluster, obj, settings), options["output"])
        except SpecError as error:
            failed = True
            click.echo(f"Error: {obj['metadata']['namespace']}/{obj['metadata']['name']}: {error}", err=True)
    sys.exit(1 if failed else 0)


def plan(cluster: Cluster, obj: Manifest, settings: Settings) -> list[Manifest]:
    """The objects as they are sent when they are created. Raises SpecError."""
    inputs = gather_instance(cluster, obj)
    planned = plan_instance(inputs, settings)
    for error in missing_keys(inputs):
        click.echo(f"warning: {error}", err=True)
    return [as_created(manifest, planned) for manifest in planned.objects]


def as_created(manifest: Manifest, planned: Plan) -> Manifest:
    """A new Deployment says how many pods it begins with; later KEDA does."""
    if manifest["kind"] != "Deployment":
        return manifest
    replicas = planned.replicas[manifest["metadata"]["name"]]
    return with_replicas(manifest, replicas.initial if replicas.fixed is None else replicas.fixed)


def write(objects: list[Manifest], output: str) -> None:
    """To standard output."""
    if output == "yaml":
        click.echo(dump(objects), nl=False)
        return
    for obj in objects:
        click.echo(orjson.dumps(obj).decode())


class PlainDumper(yaml.SafeDumper):
    """Writes repeated values again instead of `&id001` and `*id001`, which nobody likes to review."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        """Every value is written out."""
        return True


def dump(objects: list[Manifest]) -> str:
    """Objects as YAML documents, fields in the order in which the plan writes them."""
    return yaml.dump_all(objects, Dumper=PlainDumper, sort_keys=False, explicit_start=True, width=120)


def read_objects(file: str) -> Iterator[Manifest]:
    """Objects in a file, in all files of a directory, or in standard input; `kubectl get -o yaml` makes Lists."""
    if Path(file).is_dir():
        for path in sorted(Path(file).rglob("*.y*ml")):
            yield from read_objects(str(path))
        return
    text = sys.stdin.read() if file == "-" else Path(file).read_text()
    for document in yaml.safe_load_all(text):
        for obj in (document.get("items") or [document]) if isinstance(document, dict) else []:
            if obj.get("kind") in RESOURCES and obj.get("apiVersion") == RESOURCES[obj["kind"]].api_version:
                if not (obj.get("metadata") or {}).get("name"):
                    raise SpecError(f"{file}: a {obj['kind']} has no metadata.name")
                yield obj


def check_twice(objects: list[Manifest], namespace: str) -> None:
    """Warn of an instance that stands in the files twice."""
    instances = [obj["metadata"] for obj in objects if obj["kind"] == "InferenceInstance"]
    counts = Counter((meta.get("namespace") or namespace, meta["name"]) for meta in instances)
    for (place, name), count in counts.items():
        if count > 1:
            click.echo(f"warning: {place}/{name} is there {count} times; the last one counts", err=True)


def fill_stores(objects: Iterable[Manifest], namespace: str) -> Cluster:
    """The operator's stores with objects of files; of two with one name the later counts. Nothing is ever asked."""
    cluster = Cluster(Client(Connection("", None)))
    for obj in objects:
        place = obj["metadata"].get("namespace") or namespace
        where = {"namespace": place} if RESOURCES[obj["kind"]].namespaced else {}
        placed = {**obj, "metadata": {**obj["metadata"], **where}}
        store = cluster.stores[obj["kind"]]
        store.drop(where.get("namespace", ""), obj["metadata"]["name"])
        store.put(placed)
    return cluster

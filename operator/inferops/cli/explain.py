"""`inferops explain NAME`: the whole chain from the spec to the answer, and the first link that is broken."""

import asyncio
import sys

import click

from inferops.cli.installation import Cannot, find_connection, find_settings
from inferops.cli.report import print_json, print_sections
from inferops.cluster.client import Scope
from inferops.cluster.connection import Connection
from inferops.cluster.inspector import Inspector
from inferops.errors import ClusterError, NotFound, nearest
from inferops.names import SYSTEM_NAMESPACE, Manifest
from inferops.plan.explain.chain import explain_instance, next_step
from inferops.plan.explain.examined import Examined
from inferops.plan.report import failures
from inferops.reconcile.examine import examine_instance


@click.command()
@click.argument("name")
@click.option("-n", "--namespace", help="Namespace of the instance. Default: the context's.")
@click.option("--context", help="Context of the kubeconfig.")
@click.option("--system-namespace", default=SYSTEM_NAMESPACE, show_default=True, help="Where inferops is installed.")
@click.option("--settings", "settings_path", help="The installation's settings file, where it cannot be read there.")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def explain(
    name: str, namespace: str | None, context: str | None, system_namespace: str, settings_path: str | None, output: str
) -> None:
    """Say why the InferenceInstance NAME is ready or not, and what to do next.

    Exit status: 0 nothing stands in the way of an answer, 1 something does, 2 there is no such instance.
    """
    connection = find_connection(context)
    looking = examine(connection, (namespace or connection.namespace, name), system_namespace, settings_path)
    examined = asyncio.run(looking)
    sections = explain_instance(examined)
    ready, then = not failures(sections), next_step(examined, sections)
    if output == "json":
        print_json({**summarize(examined), "ready": ready, "next": then}, sections)
    else:
        told = summarize(examined)
        click.secho(f"InferenceInstance {told['namespace']}/{told['name']}: {told['phase']}", bold=True)
        print_sections(sections)
        click.secho(f"\nNext: {then}", bold=True)
    sys.exit(0 if ready else 1)


async def examine(connection: Connection, place: tuple[str, str], system: str, settings_path: str | None) -> Examined:
    """Read everything. Without the instance itself there is nothing to explain."""
    namespace, name = place
    async with Inspector(connection) as inspector:
        try:
            obj = await inspector.get("InferenceInstance", namespace, name)
        except NotFound as error:
            raise Cannot(await describe_absence(inspector, namespace, name, str(error))) from None
        except ClusterError as error:
            raise Cannot(str(error)) from None
        installed = await find_settings(inspector, settings_path, system)
        return await examine_instance(inspector, obj, installed.settings, guessed=installed.guessed)


async def describe_absence(inspector: Inspector, namespace: str, name: str, said: str) -> str:
    """No such name, or no such kind."""
    seen = await inspector.see_all("InferenceInstance", Scope(namespace))
    if not seen.served:
        return "the cluster does not know InferenceInstances: run `inferops crds apply`, or install the chart"
    if seen.refusal:
        return said
    hint = nearest(name, [each["metadata"]["name"] for each in seen.objects])
    return f'there is no InferenceInstance "{name}" in namespace "{namespace}".{hint}'


def summarize(examined: Examined) -> Manifest:
    """Who it is."""
    meta, status = examined.obj["metadata"], examined.obj.get("status") or {}
    return {"namespace": meta["namespace"], "name": meta["name"], "phase": status.get("phase", "NEW")}

"""`inferops doctor`: what is wrong with an installation and its cluster, and what to do about it."""

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import replace

import click

from inferops.cli.installation import Cannot, find_connection, find_settings
from inferops.cli.report import print_json, print_sections
from inferops.cluster.connection import Connection
from inferops.cluster.inspector import Inspector
from inferops.cluster.resources import OUR_KINDS, RESOURCES
from inferops.cluster.surveyor import survey_installation
from inferops.errors import ClusterError
from inferops.handlers.watches import LABELLED
from inferops.names import SYSTEM_NAMESPACE
from inferops.plan.doctor.checkup import check_installation
from inferops.plan.doctor.survey import Right, Survey
from inferops.plan.report import Mark, Section
from inferops.settings import Settings
from inferops.specs import KINDS
from inferops.specs.crd import build_crd

WATCH = ("get", "list", "watch")
WRITE = ("create", "update", "patch", "delete")
CATALOG = ("Model", "Hardware")
"""Kinds without a status that the operator writes."""


@click.command()
@click.option("--context", help="Context of the kubeconfig.")
@click.option("--system-namespace", default=SYSTEM_NAMESPACE, show_default=True, help="Where inferops is installed.")
@click.option("--settings", "settings_path", help="The installation's settings file, where it cannot be read there.")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def doctor(context: str | None, system_namespace: str, settings_path: str | None, output: str) -> None:
    """Look at the whole installation and say what is wrong. Changes nothing.

    Exit status: 0 nothing fails (warnings may stand), 1 something fails, 2 the cluster cannot be reached.
    """
    connection = find_connection(context)
    sections = check_installation(asyncio.run(look(connection, system_namespace, settings_path)))
    counts = {mark: count(sections, mark) for mark in (Mark.FAILURE, Mark.WARNING)}
    healthy = not counts[Mark.FAILURE]
    if output == "json":
        print_json({"healthy": healthy, "failures": counts[Mark.FAILURE], "warnings": counts[Mark.WARNING]}, sections)
    else:
        print_sections(sections)
        click.secho(f"\n{counts[Mark.FAILURE]} failures, {counts[Mark.WARNING]} warnings", bold=True)
    sys.exit(0 if healthy else 1)


async def look(connection: Connection, namespace: str, settings_path: str | None) -> Survey:
    """Read everything. A cluster that does not answer at all is no patient."""
    async with Inspector(connection) as inspector:
        try:
            await inspector.read_path("/version")
        except ClusterError as error:
            raise Cannot(str(error)) from None
        installed = await find_settings(inspector, settings_path, namespace)
        crds = [build_crd(kind) for kind in KINDS]
        survey = await survey_installation(inspector, installed.settings, crds, plan_rights(installed.settings))
    return replace(survey, guessed=installed.guessed)


def plan_rights(settings: Settings) -> Iterator[Right]:
    """What the operator does, as questions to the API server's authorizer."""
    written = (*(kind for kind in LABELLED if kind != "Pod"), "Secret")
    verbs: dict[str, tuple[str, ...]] = {
        **dict.fromkeys((*OUR_KINDS, "Pod", "Node"), WATCH),
        **dict.fromkeys(written, WATCH + WRITE),
        **{f"{kind}/status": ("patch",) for kind in OUR_KINDS if kind not in CATALOG},
        "Event": ("get", "list", "create", "patch"),
        "Deployment/scale": ("patch",),
    }
    for kind, several in verbs.items():
        for namespace in RESOURCES[kind.partition("/")[0]].places(settings.watch_namespaces):
            yield from ((verb, kind, namespace) for verb in several)
    yield from ((verb, "Lease", settings.namespace) for verb in ("get", "create", "update"))


def count(sections: list[Section], mark: Mark) -> int:
    """Lines with a mark."""
    return sum(line.mark is mark for section in sections for line in section.lines)

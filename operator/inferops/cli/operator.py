"""`inferops operator`: the process that turns our resources into Kubernetes objects."""

from inferops.cli.process import build_process_command
from inferops.cluster.connection import Connection
from inferops.handlers.reconcilers import RECONCILERS
from inferops.handlers.shell import run_operator
from inferops.settings import Settings


async def run(settings: Settings, connection: Connection, identity: str) -> bool:
    """Until a signal comes."""
    return await run_operator(settings, connection, RECONCILERS, identity=identity)


operator = build_process_command(
    "operator", run, "Turn InferenceInstances, Registries and ApiKeys into Kubernetes objects."
)

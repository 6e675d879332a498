"""`inferops api`: the process that serves the REST API."""

import uvloop

from inferops.api.process import ApiProcess
from inferops.cli.process import build_process_command
from inferops.cluster.connection import Connection
from inferops.settings import Settings


async def run(settings: Settings, connection: Connection, identity: str) -> bool:  # noqa: ARG001 - all replicas are alike
    """Until a signal comes."""
    return await ApiProcess(settings, connection).run()


api = build_process_command(
    "api",
    run,
    "Serve the REST API: instances, registries and keys without kubectl.",
    loop_factory=uvloop.new_event_loop,
)

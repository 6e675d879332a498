"""`inferops control`: the process that tells the gateway what to serve and KEDA when to scale."""

from inferops.cli.process import build_process_command
from inferops.cluster.connection import Connection
from inferops.control.process import ControlProcess
from inferops.settings import Settings


async def run(settings: Settings, connection: Connection, identity: str) -> bool:
    """Until a signal comes, or another replica leads."""
    return await ControlProcess(settings, connection, identity=identity).run()


control = build_process_command(
    "control", run, "Tell the gateway what to serve, hold requests of sleeping instances, tell KEDA when to scale."
)

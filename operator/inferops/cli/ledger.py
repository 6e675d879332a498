"""`inferops ledger`: the process that keeps who used what, and what it cost."""

from inferops.cli.process import build_process_command
from inferops.cluster.connection import Connection
from inferops.metering.ledger.process import LedgerProcess
from inferops.settings import Settings


async def run(settings: Settings, connection: Connection, identity: str) -> bool:  # noqa: ARG001 - all replicas are alike
    """Until a signal comes."""
    return await LedgerProcess(settings, connection).run()


ledger = build_process_command("ledger", run, "Keep what was used in a database: records, prices, times of replicas.")

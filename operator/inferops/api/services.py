"""What routes work with; the app carries one of these."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from inferops.api.seats import Seats
from inferops.api.world import World
from inferops.api.writer import Writer
from inferops.cluster.client import Client
from inferops.metering.ledger_client import LedgerClient
from inferops.settings import Settings

EXPLANATIONS = 4


@dataclass(frozen=True)
class Services:
    """One process's."""

    settings: Settings
    world: World
    """Reads."""
    writer: Writer
    """Writes."""
    client: Client
    """What no watch tells: logs and events of pods."""
    clock: Callable[[], datetime]
    ledger: LedgerClient | None = None
    """What was used; None where nobody keeps it."""
    seats: Seats = field(default_factory=Seats)
    """For streams that last."""
    explaining: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(EXPLANATIONS))
    """For what asks the API server twenty times at once."""


async def give_services(request: Request) -> Services:
    """Those of the app that answers. A coroutine, or FastAPI would call it in a thread."""
    services: Services = request.app.state.services
    return services


Given = Annotated[Services, Depends(give_services)]

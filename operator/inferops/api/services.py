"""What routes work with; the app carries one of these."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from inferops.api.world import World
from inferops.api.writer import Writer
from inferops.cluster.client import Client
from inferops.settings import Settings


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


async def give_services(request: Request) -> Services:
    """Those of the app that answers. A coroutine, or FastAPI would call it in a thread."""
    services: Services = request.app.state.services
    return services


Given = Annotated[Services, Depends(give_services)]

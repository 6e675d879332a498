"""The FastAPI application: the REST API under /ai-inference, its description at /docs, the console at /."""

from collections.abc import Mapping
from functools import cache, partial
from types import MappingProxyType

from fastapi import APIRouter, Depends, FastAPI

from inferops import __version__
from inferops.api.console import File, add_console
from inferops.api.envelope import Envelope
from inferops.api.openapi import build_openapi, name_operation
from inferops.api.pages import add_pages
from inferops.api.problems import add_handlers
from inferops.api.queries import refuse_repeated
from inferops.api.routes import (
    catalog,
    endpoints,
    events,
    explanation,
    identity,
    instances,
    keys,
    logs,
    pricing,
    registries,
    timeline,
    usage,
)
from inferops.api.services import Services

PREFIX = "/ai-inference"
ROUTERS: tuple[APIRouter, ...] = (
    identity.router,
    endpoints.router,
    catalog.router,
    registries.router,
    pricing.router,
    instances.router,
    logs.router,
    events.router,
    explanation.router,
    timeline.router,
    keys.router,
    usage.router,
)
DESCRIPTION = (
    "Models as autoscaled, key-protected endpoints. What is changed here shows in kubectl, and the other way round."
)


def build_app(services: Services | None, console: Mapping[str, File] = MappingProxyType({})) -> FastAPI:
    """The application; without services, as far as its OpenAPI document needs it. console: its files, by path."""
    app = FastAPI(
        title="inferops",
        version=__version__,
        description=DESCRIPTION,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=name_operation,
    )
    app.state.services = services
    app.add_middleware(Envelope)
    add_handlers(app)
    for router in ROUTERS:
        app.include_router(router, prefix=PREFIX, dependencies=[Depends(refuse_repeated)])
    add_pages(app)
    add_console(app, console)
    app.openapi = cache(partial(build_openapi, app))  # type: ignore[method-assign] # FastAPI's own way to change it
    return app

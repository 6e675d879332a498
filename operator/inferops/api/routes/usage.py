"""What a namespace used and what that cost, as the ledger has it; nothing of it is kept here."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from inferops.api.answers import Paged, Responses, answer, answer_list, problems, show_rows
from inferops.api.auth import WRONG, Authenticated, Caller, may_manage
from inferops.api.paging import build_headers
from inferops.api.problems import Refusal, wrong
from inferops.api.services import Given, Services
from inferops.api.translate.usage import build_params, show_budget, show_price, show_report, show_spend, start_periods
from inferops.metering.ledger_client import LedgerClient
from inferops.metering.reports.query import parse_query, write_moment
from inferops.rest.problems import FieldError
from inferops.rest.usage import Every, PriceChange, SpendNow, UsageReport

router = APIRouter(tags=["Usage"])
NO_LEDGER = "Usage is not kept in this installation: its ledger is switched off (settings.ledger.enabled)."
DIMENSIONS = "(key|model|instance|region)"
TYPES = {"csv": "text/csv", "jsonl": "application/x-ndjson"}
EXPORT: Responses = {
    200: {"content": {type_: {"schema": {"type": "string"}} for type_ in TYPES.values()}},
    **problems(404, 422),
}
From = Annotated[
    str | None,
    Query(
        alias="from",
        max_length=40,
        description="Date or moment; without an offset UTC, the beginning of its hour counts. Absent: this month.",
        examples=["2030-01-01"],
    ),
]
To = Annotated[str | None, Query(alias="to", max_length=40, description="Before this moment. Absent: now.")]
By = Annotated[
    str | None,
    Query(
        pattern=f"^{DIMENSIONS}(,{DIMENSIONS})*$",
        max_length=100,
        description="A row for each: key, model, instance, region, or several of them with commas.",
        examples=["key,model"],
    ),
]
Filter = Annotated[str | None, Query(max_length=4000, description="Only this one; several with commas.")]
Params = dict[str, str]
Asked = dict[str, str | None]


async def read_time(from_: From = None, to: To = None) -> Asked:
    """Of what time."""
    return {"from": from_, "to": to}


async def read_names(key: Filter = None, model: Filter = None, instance: Filter = None, region: Filter = None) -> Asked:
    """Of what."""
    return {"key": key, "model": model, "instance": instance, "region": region}


async def read_grouping(by: By = None, every: Every = "total") -> Params:
    """In which rows."""
    return {"by": by or "", "every": every}


async def read_filters(
    caller: Authenticated,
    services: Given,
    time: Annotated[Asked, Depends(read_time)],
    names: Annotated[Asked, Depends(read_names)],
) -> Params:
    """For the ledger. Refuses with 422."""
    params = build_params(time | names, caller.namespace, services.world.catalog)
    try:
        parse_query(params, services.clock())
    except ValueError as error:
        field, _, message = str(error).partition(" ")
        raise wrong([FieldError(field=field, value=params.get(field), message=message)]) from None
    return params


Filtered = Annotated[Params, Depends(read_filters)]


def find_ledger(services: Services) -> LedgerClient:
    """Refuses with 404 where there is none."""
    if services.ledger is None:
        raise Refusal(404, NO_LEDGER)
    return services.ledger


@router.get("/usage", response_model=UsageReport, responses=problems(404, 422), summary="Usage and spend")
async def read_usage(
    request: Request,
    caller: Authenticated,
    services: Given,
    filters: Filtered,
    grouping: Annotated[Params, Depends(read_grouping)],
    page: Paged,
) -> Response:
    """What the namespace used: of each key, model, instance or region, by hour, day or month (UTC), with what it cost
    by tokens and by the time of replicas.
    """
    said = await find_ledger(services).report(filters | grouping)
    report = show_report(said, caller.namespace)
    headers = build_headers(page, len(report.rows), request.url.path, request.url.query)
    return answer(report.model_copy(update={"rows": list(page.cut(report.rows))}), headers=headers)


@router.get("/usage/export", response_class=Response, responses=EXPORT, summary="Export usage")
async def export_usage(
    caller: Authenticated,
    services: Given,
    filters: Filtered,
    what: Annotated[
        Literal["records", "hours", "replicas"],
        Query(description="Single requests, their sums by the hour, or how long each replica was there."),
    ] = "hours",
    shape: Annotated[Literal["csv", "jsonl"], Query(alias="format")] = "csv",
) -> Response:
    """Everything of a time, by time, as a stream; one that breaks off ends without its last chunk."""
    ledger = find_ledger(services)
    if what == "replicas" and "key" in filters:
        raise wrong([FieldError(field="key", value=filters["key"], message="replicas belong to no key: leave it out")])
    services.seats.check(caller.namespace)
    async with AsyncExitStack() as stack:
        pieces = await stack.enter_async_context(ledger.export({**filters, "what": what, "format": shape}))
        held = stack.pop_all()
    headers = {"content-disposition": f'attachment; filename="usage-{what}.{shape}"'}
    return StreamingResponse(go_on(services, caller, held, pieces), headers=headers, media_type=TYPES[shape])


async def go_on(
    services: Services, caller: Caller, held: AsyncExitStack, pieces: AsyncIterator[bytes]
) -> AsyncIterator[bytes]:
    """All pieces, while the key is good; the ledger's answer is given back at the end, also of a caller who leaves."""
    async with held:
        with services.seats.take(caller.namespace):
            async for piece in pieces:
                if not may_manage(services.world, caller, services.clock()):
                    raise Refusal(401, WRONG)
                yield piece


@router.get("/usage/prices", response_model=list[PriceChange], responses=problems(404, 422), summary="Prices")
async def list_prices(
    request: Request,
    _: Authenticated,
    services: Given,
    page: Paged,
    kind: Annotated[Literal["Model", "Hardware"] | None, Query()] = None,
    name: Annotated[str | None, Query(max_length=253)] = None,
) -> Response:
    """Which price was in force since when, of models and of hardware in regions: usage has the price of its time."""
    asked = {"kind": kind, "name": name}
    said = await find_ledger(services).prices({key: value for key, value in asked.items() if value})
    return answer_list(request, show_rows([show_price(row) for row in said["rows"]]), page)


@router.get("/spend", response_model=SpendNow, responses=problems(404), summary="Spend of this day and month")
async def read_spend(caller: Authenticated, services: Given) -> Response:
    """What the namespace has spent today and in this month (UTC), and how far each key's budget has gone."""
    ledger, currency = find_ledger(services), services.settings.prices.currency
    starts = {name: write_moment(start) for name, start in start_periods(services.clock()).items()}

    async def read(period: str, by: str) -> dict[str, object]:
        return await ledger.report({"from": starts[period], "namespace": caller.namespace, "by": by})

    day, month, *by_key = await asyncio.gather(*(read(period, by) for by in ("", "key") for period in starts))
    reports = dict(zip(starts, by_key, strict=True))
    store = services.world.stores["ApiKey"]
    names = sorted(name for namespace, name in store.names() if namespace == caller.namespace)
    keys = [obj for name in names if (obj := store.get(caller.namespace, name)) and obj.get("spec", {}).get("budget")]
    return answer(
        SpendNow(
            currency_code=currency,
            day=show_spend(day, currency),
            month=show_spend(month, currency),
            budgets=[show_budget(key, reports, currency) for key in keys],
        )
    )

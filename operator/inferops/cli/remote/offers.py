"""`inferops models`, `hardware`, `regions`, `price`: what administrators offer, and what it costs."""

from collections.abc import Sequence

import click

from inferops.cli.remote.exits import RemoteCommand
from inferops.cli.remote.output import Column, Format, output_option, print_list, print_one
from inferops.cli.remote.regions import find_region
from inferops.cli.remote.session import Session, complete, with_session
from inferops.client import Client
from inferops.rest.hardwares import Hardware
from inferops.rest.regions import Region


def describe_gpu(hardware: Hardware) -> str | None:
    """`2x NVIDIA-L40S 48 GiB`."""
    gpu = hardware.gpu
    if gpu is None:
        return None
    return f"{gpu.count}x {gpu.model}" + (f" {gpu.memory:g} GiB" if gpu.memory else "")


def describe_room(region: Region) -> list[str]:
    """How many replicas of which hardware would still fit."""
    return [f"{each.capacity}x {each.hardware_id}" for each in region.capacities if each.capacity]


MODEL_COLUMNS = (
    Column("ID", lambda model: model.id),
    Column("NAME", lambda model: model.name),
    Column("FEATURES", lambda model: model.features),
    Column("HARDWARE", lambda model: model.default_hardware_id),
    Column("PORT", lambda model: model.port),
)
HARDWARE_COLUMNS = (
    Column("ID", lambda hardware: hardware.id),
    Column("NAME", lambda hardware: hardware.name),
    Column("CPU", lambda hardware: f"{hardware.cpu / 1000:g}"),
    Column("MEMORY", lambda hardware: f"{round(hardware.ram / 1024, 2):g} GiB"),
    Column("GPU", describe_gpu),
    Column("PRICE/H", lambda hardware: hardware.hourly_price),
)
REGION_COLUMNS = (
    Column("ID", lambda region: region.id),
    Column("NAME", lambda region: region.name),
    Column("COUNTRY", lambda region: region.country_code),
    Column("STATE", lambda region: region.state),
    Column("ROOM", describe_room),
)
PRICE_COLUMNS = (
    Column("CURRENCY", lambda price: price.currency_code),
    Column("PER HOUR", lambda price: price.price_per_hour),
    Column("PER MONTH", lambda price: price.price_per_month),
)


@click.command(cls=RemoteCommand)
@click.argument(
    "id", required=False, shell_complete=complete(lambda client: [each.id for each in client.models.list()])
)
@output_option
@with_session
def models(session: Session, id: str | None, output: Format) -> None:  # noqa: A002 - its name in the API
    """List the models of the catalog, or show the one with this ID."""
    with session.open() as client:
        if id is None:
            print_list(client.models.list(), MODEL_COLUMNS, output, lambda model: model.id)
        else:
            print_one(client.models.get(id), MODEL_COLUMNS, output, lambda model: model.id)


def list_hardware(client: Client) -> list[str]:
    """Ids."""
    return [each.id for each in client.hardwares.list()]


@click.command(cls=RemoteCommand)
@click.argument("id", required=False, shell_complete=complete(list_hardware))
@output_option
@with_session
def hardware(session: Session, id: str | None, output: Format) -> None:  # noqa: A002 - its name in the API
    """List the hardware of the catalog, or show the one with this ID."""
    with session.open() as client:
        if id is None:
            print_list(client.hardwares.list(), HARDWARE_COLUMNS, output, lambda each: each.id)
        else:
            print_one(client.hardwares.get(id), HARDWARE_COLUMNS, output, lambda each: each.id)


@click.command(cls=RemoteCommand)
@click.argument("region", required=False)
@output_option
@with_session
def regions(session: Session, region: str | None, output: Format) -> None:
    """List the regions with the room they have, or show one by id or name."""
    with session.open() as client:
        if region is None:
            print_list(client.regions.list(), REGION_COLUMNS, output, lambda each: str(each.id))
        else:
            found = client.regions.get(find_region(client.regions.list(), region))
            print_one(found, REGION_COLUMNS, output, lambda each: str(each.id))


@click.command(cls=RemoteCommand)
@click.argument("hardware", metavar="HARDWARE", shell_complete=complete(list_hardware))
@click.option(
    *("--region", "wanted"),
    multiple=True,
    required=True,
    metavar="REGION=MAX",
    help="A region by id or name, and its scale.max; repeat it for more.",
)
@output_option
@with_session
def price(session: Session, hardware: str, wanted: Sequence[str], output: Format) -> None:
    """Tell what an instance on HARDWARE costs with the most replicas in every region; a month has 730 hours."""
    pairs = [read_replicas(text) for text in wanted]
    with session.open() as client:
        known = client.regions.list() if any(not region.isdecimal() for region, _ in pairs) else []
        replicas = {find_region(known, region): most for region, most in pairs}
        print_one(client.instances.price(hardware, replicas), PRICE_COLUMNS, output, lambda each: each.currency_code)


def read_replicas(text: str) -> tuple[str, int]:
    """`default=4`."""
    region, _, most = text.rpartition("=")
    if not region or not most.isdecimal() or not 1 <= int(most) <= 300:
        raise click.UsageError(f'--region is "{text}": must be REGION=MAX with MAX from 1 to 300, such as default=4')
    return region, int(most)

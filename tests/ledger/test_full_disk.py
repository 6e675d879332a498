"""A volume that is full for a while."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from inferops.metering.ledger.database import open_sqlite, reading
from inferops.metering.ledger.ingestion import Stored, read_delivery, store_delivery
from inferops.metering.ledger.migrate import migrate
from inferops.metering.ledger.tables import hours, records
from tests.support.usage_lines import line, lines


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of four megabytes."""
    if os.geteuid() != 0:
        pytest.skip("only root mounts a file system")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", tmp_path], check=True)
    try:
        yield tmp_path
    finally:
        subprocess.run(["umount", tmp_path], check=True)


def test_a_full_disk_stores_nothing_of_a_delivery_and_all_of_it_once_there_is_room(small: Path) -> None:
    engine = open_sqlite(small / "ledger.db")
    migrate(engine)
    first = read_delivery(lines(line("first")), "g", 0, 0)
    assert store_delivery(engine, first, {}) == Stored(1, 0, 0)
    ballast = small / "ballast"
    with pytest.raises(OSError, match="No space left"):
        ballast.write_bytes(b"\0" * 8_000_000)
    many = read_delivery(lines(*(line(f"{number}", path="/" * 200) for number in range(3000))), "g", 0, 0)
    with pytest.raises(OperationalError, match=r"full|disk I/O"):
        store_delivery(engine, many, {})
    with reading(engine) as connection:
        assert connection.scalars(records.select()).all() == ["first"]
    ballast.unlink()
    assert store_delivery(engine, many, {}) == Stored(3000, 0, 0)
    with reading(engine) as connection:
        assert [row.requests for row in connection.execute(hours.select())] == [3001]
    engine.dispose()

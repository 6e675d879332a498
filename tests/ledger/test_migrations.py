"""A database of any release becomes one of this release."""

import asyncio
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, insert, select, text

from inferops.errors import SettingsError
from inferops.metering.ledger.database import reading, writing
from inferops.metering.ledger.ingestion import read_delivery, store_delivery
from inferops.metering.ledger.migrate import build_config, migrate
from inferops.metering.ledger.tables import metadata, minutes, records
from tests.support.usage_lines import line, lines

REVISIONS = [script.revision for script in ScriptDirectory.from_config(build_config()).walk_revisions()]
FIRST = {
    "id": "from-before",
    "time": 1,
    **dict.fromkeys(("namespace", "key", "instance", "region", "model", "route", "meter"), "x"),
    "status": 200,
    "unknown": False,
    "price_id": 0,
}
"""What every revision's `records` takes."""


def find_differences(engine: Engine) -> list[Any]:
    with reading(engine) as connection:
        found = compare_metadata(MigrationContext.configure(connection), metadata)
    return [each for each in found if not (isinstance(each, list) and {part[0] for part in each} == {"modify_comment"})]


def test_an_empty_database_gets_the_tables_of_this_release(empty: Engine) -> None:
    migrate(empty)
    migrate(empty)
    assert find_differences(empty) == []


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_database_of_an_earlier_release_keeps_what_it_has(empty: Engine, revision: str) -> None:
    migrate(empty, revision)
    with writing(empty) as connection:
        connection.execute(insert(records), FIRST)
    migrate(empty)
    assert find_differences(empty) == []
    with reading(empty) as connection:
        assert connection.scalars(select(records.c.id)).all() == ["from-before"]
        if revision != REVISIONS[0]:
            assert [tuple(row) for row in connection.execute(select(minutes))] == [(0, "x", "x", 1, 0)]
    assert store_delivery(empty, read_delivery(lines(line("a")), "gateway-1", 1, 0), {}).stored == 1


async def test_replicas_that_start_at_once_migrate_once(empty: Engine) -> None:
    await asyncio.gather(*(asyncio.to_thread(migrate, empty) for _ in range(4)))
    assert find_differences(empty) == []


def test_a_database_of_a_newer_release_is_left_alone(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'from-the-future'"))
    with pytest.raises(SettingsError, match="newer release"):
        migrate(engine)

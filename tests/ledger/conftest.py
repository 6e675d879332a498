"""Two real databases: each test that asks for `url` or `engine` runs on both."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from inferops.metering.ledger.database import open_postgresql, open_sqlite
from inferops.metering.ledger.migrate import migrate
from tests.support.postgresql import Postgresql, start_postgresql


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    with start_postgresql() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database without a table."""
    if request.param == "sqlite":
        engine = open_sqlite(tmp_path / "ledger.db")
    else:
        server: Postgresql = request.getfixturevalue("postgresql")
        engine = open_postgresql(server.create(f"ledger_{secrets.token_hex(4)}"))
    yield engine
    engine.dispose()


@pytest.fixture
def engine(empty: Engine) -> Engine:
    """A database of this release."""
    migrate(empty)
    return empty

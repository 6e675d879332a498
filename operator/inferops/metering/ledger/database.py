"""The way to the database: SQLite in a file, or PostgreSQL by its URL. Nothing else of the ledger knows which.

with reading(engine) as connection: ...    one snapshot, never in the way of a writer
with writing(engine) as connection: ...    committed at the end, or nothing of it
"""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import URL, Connection, Dialect, Engine, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError

from inferops.errors import SettingsError
from inferops.settings import LedgerSettings

BUSY_SECONDS = 5
"""How long SQLite waits for somebody else's lock."""
CONNECT_SECONDS = 5
POSTGRESQL_OPTIONS = "-c statement_timeout=60s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_SECONDS * 1000}", "cache_size=-65536")
"""FULL: what was acknowledged is on the disk, also after a power cut. Source: https://www.sqlite.org/pragma.html"""
WRITES = "inferops_writes"
TURNS: WeakKeyDictionary[Engine, threading.Lock] = WeakKeyDictionary()


def read_engine(settings: LedgerSettings) -> Engine:
    """As the settings say; nothing is opened yet. Raises SettingsError."""
    if settings.url_file is None:
        return open_sqlite(Path(settings.path))
    file = Path(settings.url_file)
    engine = open_postgresql(read_url(file))

    @event.listens_for(engine, "do_connect")
    def renew(dialect: Dialect, _: Any, __: Any, parameters: dict[str, Any]) -> None:
        """A password that changed in the Secret holds from the next connection on."""
        parameters |= dialect.create_connect_args(parse_url(read_url(file)))[1]

    return engine


def read_url(file: Path) -> str:
    """As the Secret has it. Raises SettingsError."""
    try:
        return file.read_text().strip()
    except OSError as error:
        raise SettingsError(f"ledger.urlFile: {file}: {error.strerror}") from None


def open_sqlite(path: Path) -> Engine:
    """One file and its log beside it."""
    engine = create_engine(f"sqlite:///{path}", pool_size=8, connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _: Any) -> None:
        connection.isolation_level = None  # sqlite3 itself begins no transactions
        cursor = connection.cursor()
        for pragma in PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        """A writer takes its lock at once: one that reads first could find its snapshot outdated, and fail."""
        writes = connection.get_execution_options().get(WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def parse_url(url: str) -> URL:
    """Raises SettingsError, which never shows the password."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise SettingsError("ledger: url is none: write postgresql://user:password@host:5432/database") from None
    if parsed.drivername not in ("postgresql", "postgres", "postgresql+psycopg"):
        raise SettingsError(f'ledger: url begins with "{parsed.drivername}": only postgresql:// is served')
    return parsed.set(drivername="postgresql+psycopg")


def open_postgresql(url: str) -> Engine:
    """Nothing is opened yet. Raises SettingsError."""
    return create_engine(
        parse_url(url),
        pool_size=8,
        pool_pre_ping=True,
        pool_timeout=CONNECT_SECONDS,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "application_name": "inferops-ledger",
            "options": POSTGRESQL_OPTIONS,
            "keepalives_idle": 10,
            "tcp_user_timeout": 30_000,
        },
    )


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """All that is asked for is of one moment."""
    options = {"isolation_level": "REPEATABLE READ"} if is_postgresql(engine) else {}
    with engine.connect().execution_options(**options) as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction. SQLite has one writer at a time, and is not fair to those who wait: ours wait here."""
    turn = nullcontext() if is_postgresql(engine) else TURNS.setdefault(engine, threading.Lock())
    with turn, engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        yield connection


def lock(connection: Connection, what: str) -> None:
    """Until the transaction's end nobody else holds a lock of that name; a writer of SQLite has all of them."""
    if is_postgresql(connection):
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": lock_key(what)})


def try_lock(connection: Connection, what: str) -> bool:
    """As lock, without waiting; False: somebody else has it."""
    if not is_postgresql(connection):
        return True
    return bool(connection.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": lock_key(what)}))


def lock_key(what: str) -> int:
    """The same number in every process."""
    return int.from_bytes(hashlib.sha256(f"inferops-ledger/{what}".encode()).digest()[:8], signed=True)


def is_postgresql(database: Engine | Connection) -> bool:
    """Or else SQLite."""
    return database.dialect.name == "postgresql"

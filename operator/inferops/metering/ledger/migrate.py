"""Brings a database of any earlier release, or an empty one, to the tables of this release: alembic, under a lock."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from inferops.errors import SettingsError
from inferops.metering.ledger.database import is_postgresql, lock, writing

FOLDER = Path(__file__).parent / "migrations"


def migrate(engine: Engine, revision: str = "head") -> None:
    """All steps are one transaction, on both databases. Raises SettingsError where a newer release was here."""
    config = build_config()
    with writing(engine) as connection:
        lock(connection, "migrations")
        present = MigrationContext.configure(connection).get_current_revision()
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if present and present not in known:
            raise SettingsError(f'ledger: the database has revision "{present}" of a newer release: install that one')
        if is_postgresql(connection):
            connection.execute(text("SET LOCAL statement_timeout = 0"))  # years of records take their time
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def build_config() -> Config:
    """Without a file: there is nothing to set."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config

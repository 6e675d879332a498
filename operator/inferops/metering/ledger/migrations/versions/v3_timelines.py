"""Requests that waited are found by themselves, for timelines."""  # noqa: INP001  alembic loads it by its path

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = "2"
HELD = sa.text("held_ms IS NOT NULL")


def upgrade() -> None:
    """Of a database that was there before, none has: there is nothing to write."""
    op.create_index("records_held", "records", ["instance", "time"], sqlite_where=HELD, postgresql_where=HELD)

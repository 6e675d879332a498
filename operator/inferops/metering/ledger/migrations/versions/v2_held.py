"""How long requests waited for a replica."""  # noqa: INP001  alembic loads it by its path

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"


def upgrade() -> None:
    """Without a value the column is there at once, however many records there are."""
    op.add_column("records", sa.Column("held_ms", sa.BigInteger()))

"""Requests by the minute, for timelines."""  # noqa: INP001  alembic loads it by its path

import sqlalchemy as sa
from alembic import op

revision = "4"
down_revision = "3"
FILL = """INSERT INTO minutes (minute, instance, region, requests, errors)
    SELECT time - time % 60000, instance, region, count(*), sum(CASE WHEN status >= 400 THEN 1 ELSE 0 END)
    FROM records GROUP BY time - time % 60000, instance, region"""


def upgrade() -> None:
    """Of the records that are there; it reads all of them, some seconds for each million. Timelines alone lack what a
    replica of an earlier release stores after it.
    """
    op.create_table(
        "minutes",
        sa.Column("minute", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("instance", sa.Text(), primary_key=True),
        sa.Column("region", sa.Text(), primary_key=True),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("errors", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.execute(FILL)

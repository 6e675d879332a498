"""The first tables."""  # noqa: INP001  alembic loads it by its path

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None


def upgrade() -> None:
    """From nothing."""
    op.create_table(
        "records",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("instance", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("prompt", sa.BigInteger()),
        sa.Column("completion", sa.BigInteger()),
        sa.Column("cached", sa.BigInteger()),
        sa.Column("reasoning", sa.BigInteger()),
        sa.Column("audio_ms", sa.BigInteger()),
        sa.Column("images", sa.BigInteger()),
        sa.Column("bytes_in", sa.BigInteger()),
        sa.Column("bytes_out", sa.BigInteger()),
        sa.Column("ms", sa.BigInteger()),
        sa.Column("ttft_ms", sa.BigInteger()),
        sa.Column("broken", sa.Text()),
        sa.Column("unknown", sa.Boolean(), nullable=False),
        sa.Column("price_id", sa.Integer(), nullable=False),
        sa.Column("meter", sa.Text(), nullable=False),
    )
    op.create_index("records_time", "records", ["time"])
    op.create_table(
        "hours",
        sa.Column("hour", sa.BigInteger(), primary_key=True),
        sa.Column("namespace", sa.Text(), primary_key=True),
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("instance", sa.Text(), primary_key=True),
        sa.Column("region", sa.Text(), primary_key=True),
        sa.Column("model", sa.Text(), primary_key=True),
        sa.Column("route", sa.Text(), primary_key=True),
        sa.Column("price_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("errors", sa.BigInteger(), nullable=False),
        sa.Column("unknown", sa.BigInteger(), nullable=False),
        sa.Column("broken", sa.BigInteger(), nullable=False),
        sa.Column("prompt", sa.BigInteger(), nullable=False),
        sa.Column("completion", sa.BigInteger(), nullable=False),
        sa.Column("cached", sa.BigInteger(), nullable=False),
        sa.Column("reasoning", sa.BigInteger(), nullable=False),
        sa.Column("audio_ms", sa.BigInteger(), nullable=False),
        sa.Column("images", sa.BigInteger(), nullable=False),
        sa.Column("bytes_in", sa.BigInteger(), nullable=False),
        sa.Column("bytes_out", sa.BigInteger(), nullable=False),
        sa.Column("ms", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("hours_key", "hours", ["namespace", "key", "hour"])
    op.create_table(
        "prices",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("input_per_million_tokens", sa.Text()),
        sa.Column("output_per_million_tokens", sa.Text()),
        sa.Column("per_audio_minute", sa.Text()),
        sa.Column("per_hour", sa.Text()),
    )
    op.create_index("prices_of", "prices", ["kind", "name", "region", "since"])
    op.create_table(
        "instances",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("since", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("hardware", sa.Text(), nullable=False),
    )
    op.create_table(
        "replicas",
        sa.Column("uid", sa.Text(), primary_key=True),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("instance", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("hardware", sa.Text(), nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger()),
        sa.Column("last_seen", sa.BigInteger(), nullable=False),
    )
    op.create_index("replicas_ended", "replicas", ["ended"])
    op.create_index("replicas_started", "replicas", ["started"])
    op.create_table(
        "unreadable",
        sa.Column("digest", sa.Text(), primary_key=True),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("meter", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
    )
    op.create_index("unreadable_time", "unreadable", ["time"])

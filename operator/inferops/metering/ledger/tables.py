"""The ledger's tables, the same on SQLite and PostgreSQL; migrations/ makes them.

Times are integers: milliseconds since 1970, UTC. Amounts that nobody knows are NULL, never 0. Prices are decimals as
text, and no other table has money: what something cost is worked out when it is asked for.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, SmallInteger, Table, Text, text

metadata = MetaData()

NO_PRICE = 0
"""As `price_id`: of no Model that was known at that time."""
HOUR_MS = 3_600_000
MINUTE_MS = 60_000
HELD = text("held_ms IS NOT NULL")
"""Of few records: an index of them costs the others nothing."""

records = Table(
    "records",
    metadata,
    Column("id", Text, primary_key=True, comment="the gateway's id of the request"),
    Column("time", BigInteger, nullable=False, comment="its beginning"),
    Column("namespace", Text, nullable=False, comment="of the key, or of the instance where no key is needed"),
    Column("key", Text, nullable=False, comment="name of the ApiKey; empty: none"),
    Column("instance", Text, nullable=False, comment="id of the instance"),
    Column("region", Text, nullable=False, comment="of the endpoint that answered; empty: none"),
    Column("model", Text, nullable=False, comment="its served name"),
    Column("route", Text, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("prompt", BigInteger, comment="tokens"),
    Column("completion", BigInteger, comment="tokens"),
    Column("cached", BigInteger, comment="of the prompt tokens"),
    Column("reasoning", BigInteger, comment="of the completion tokens"),
    Column("audio_ms", BigInteger, comment="milliseconds of audio"),
    Column("images", BigInteger),
    Column("bytes_in", BigInteger),
    Column("bytes_out", BigInteger),
    Column("ms", BigInteger, comment="until the answer's end"),
    Column("ttft_ms", BigInteger, comment="until its first byte"),
    Column("held_ms", BigInteger, comment="until it was sent to a replica, where that took long"),
    Column("broken", Text, comment="who broke it off: client, engine, gateway"),
    Column("unknown", Boolean, nullable=False, comment="something was used, and nobody said how much"),
    Column("price_id", Integer, nullable=False, comment="the Model's price that was in force"),
    Column("meter", Text, nullable=False, comment="name of the gateway's pod"),
    Index("records_time", "time"),
    Index("records_held", "instance", "time", sqlite_where=HELD, postgresql_where=HELD),
)

hours = Table(
    "hours",
    metadata,
    Column("hour", BigInteger, primary_key=True, comment="its beginning"),
    Column("namespace", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("instance", Text, primary_key=True),
    Column("region", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("route", Text, primary_key=True),
    Column("price_id", Integer, primary_key=True, autoincrement=False),
    Column("requests", BigInteger, nullable=False),
    Column("errors", BigInteger, nullable=False, comment="of status 400 and above"),
    Column("unknown", BigInteger, nullable=False, comment="requests"),
    Column("broken", BigInteger, nullable=False, comment="requests"),
    Column("prompt", BigInteger, nullable=False),
    Column("completion", BigInteger, nullable=False),
    Column("cached", BigInteger, nullable=False),
    Column("reasoning", BigInteger, nullable=False),
    Column("audio_ms", BigInteger, nullable=False),
    Column("images", BigInteger, nullable=False),
    Column("bytes_in", BigInteger, nullable=False),
    Column("bytes_out", BigInteger, nullable=False),
    Column("ms", BigInteger, nullable=False),
    Index("hours_key", "namespace", "key", "hour"),
    sqlite_with_rowid=False,
)
"""Sums of `records`, which outlive them: increased in the transaction that stores the records."""

minutes = Table(
    "minutes",
    metadata,
    Column("minute", BigInteger, primary_key=True, comment="its beginning"),
    Column("instance", Text, primary_key=True),
    Column("region", Text, primary_key=True),
    Column("requests", BigInteger, nullable=False),
    Column("errors", BigInteger, nullable=False, comment="of status 400 and above"),
    sqlite_with_rowid=False,
)
"""Requests of timelines, kept for as long as `records`, and written with them: a day of these is read in no time."""

prices = Table(
    "prices",
    metadata,
    Column("id", Integer, primary_key=True, comment="1 and up; 0 stands for no price"),
    Column("kind", Text, nullable=False, comment="Model, or Hardware"),
    Column("name", Text, nullable=False),
    Column("region", Text, nullable=False, comment="of a Hardware's price; empty for Models"),
    Column("since", BigInteger, nullable=False, comment="0: the first that was ever seen"),
    Column("version", Text, nullable=False, comment="of the objects that say it: greater is newer"),
    Column("currency", Text, nullable=False),
    Column("input_per_million_tokens", Text),
    Column("output_per_million_tokens", Text),
    Column("per_audio_minute", Text),
    Column("per_hour", Text, comment="of a Hardware, times the Region's factor"),
    Index("prices_of", "kind", "name", "region", "since"),
)
"""A row for each change; no row ever changes."""

instances = Table(
    "instances",
    metadata,
    Column("id", Text, primary_key=True),
    Column("since", BigInteger, primary_key=True, autoincrement=False, comment="0: the first that was ever seen"),
    Column("version", Text, nullable=False, comment="as of prices"),
    Column("namespace", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("model", Text, nullable=False, comment="name of the Model; empty: an image of its own"),
    Column("hardware", Text, nullable=False, comment="name of the Hardware; empty: unknown"),
)
"""Of which Model an instance was when: a row for each change."""

replicas = Table(
    "replicas",
    metadata,
    Column("uid", Text, primary_key=True, comment="of the pod"),
    Column("namespace", Text, nullable=False),
    Column("instance", Text, nullable=False, comment="id of the instance"),
    Column("region", Text, nullable=False),
    Column("model", Text, nullable=False, comment="its served name; empty: an image of its own"),
    Column("hardware", Text, nullable=False, comment="name of the Hardware"),
    Column("started", BigInteger, nullable=False, comment="when a node took the pod"),
    Column("ended", BigInteger, comment="NULL: it is there"),
    Column("last_seen", BigInteger, nullable=False, comment="the end of one that went while nobody looked"),
    Index("replicas_started", "started"),
    Index("replicas_ended", "ended"),
)
"""Pods of instances: each has its hardware from `started` to `ended`."""

unreadable = Table(
    "unreadable",
    metadata,
    Column("digest", Text, primary_key=True, comment="SHA-256 of the line"),
    Column("time", BigInteger, nullable=False, comment="when it came"),
    Column("meter", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("line", Text, nullable=False, comment="its beginning"),
    Index("unreadable_time", "time"),
)
"""Lines that are no record: kept for people, and counted nowhere else."""

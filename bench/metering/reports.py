"""How long reports over ten million records take, and what it costs to store one, on both databases.

Sixty days: 200 keys of 20 namespaces, each calling three of 60 instances of 10 models, so that almost every key and
instance has a row of `hours` for every hour: 864,000 rows, a dozen requests each. Prices change once, half-way.
"""

import os
import resource
import shutil
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, text

from inferops.metering.ledger.database import open_postgresql, open_sqlite, writing
from inferops.metering.ledger.ingestion import read_delivery, store_delivery
from inferops.metering.ledger.migrate import migrate
from inferops.metering.ledger.rows import KEY, SUMS
from inferops.metering.reports.query import parse_query
from inferops.metering.reports.report import read_report
from tests.support.postgresql import start_postgresql
from tests.support.usage_lines import line, lines

RECORDS = int(os.environ.get("BENCH_RECORDS", "10_000_000"))
DAYS = 60
START = datetime(2026, 4, 1, tzinfo=UTC)
STEP_MS = DAYS * 86_400_000 / RECORDS
PART = 500_000
"""Records of one transaction."""
TRIES = 5
MONTH = {"from": "2026-04-15T00:00:00Z", "to": "2026-05-15T00:00:00Z"}
REPORTS: tuple[dict[str, str], ...] = (
    {"by": "key", "every": "month"},
    {"by": "model", "every": "day"},
    {"by": "instance", "every": "total"},
    {"by": "namespace,model", "every": "day"},
    {"by": "namespace,key,model", "every": "month"},
)
PRICES = """INSERT INTO prices (id, kind, name, region, since, version, currency, input_per_million_tokens,
    output_per_million_tokens)
    VALUES (:id, 'Model', :name, '', :since, '', 'EUR', :input, '1.25')"""
MAKE = """INSERT INTO records (id, time, namespace, key, instance, region, model, route, status, prompt, completion,
    cached, reasoning, audio_ms, images, bytes_in, bytes_out, ms, ttft_ms, broken, unknown, price_id, meter)
    SELECT 'ffffffff-ffff-4fff-8fff-' || (100000000000 + i), :start + CAST(i * :step AS BIGINT),
    'team-' || (i % 20), 'key-' || (i % 200), 'chat-' || ((i % 200 + i / 200 % 3) % 60) || '-12345678', 'here',
    'model-' || ((i % 200 + i / 200 % 3) % 10), 'chat', CASE WHEN i % 97 = 0 THEN 429 ELSE 200 END,
    200 + i % 1000, 100 + i % 400, i % 100, NULL, NULL, NULL, 900 + i % 1000, 4000 + i % 9000, 1500 + i % 3000,
    80 + i % 100, NULL, {false}, 1 + (i % 200 + i / 200 % 3) % 10 + CASE WHEN i > :half THEN 10 ELSE 0 END, 'gateway-1'
    FROM {numbers}"""
SERIES = {
    "postgresql": "generate_series(CAST(:first AS BIGINT), :last) AS series(i)",
    "sqlite": "(WITH RECURSIVE series(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM series WHERE i < :last)"
    " SELECT i FROM series)",
}
SUM_UP = f"""INSERT INTO hours ({", ".join((*KEY, *SUMS))})
    SELECT time - time % 3600000 AS hour, {", ".join(KEY[1:])}, count(*),
    sum(CASE WHEN status >= 400 THEN 1 ELSE 0 END), 0, 0, {", ".join(f"sum(coalesce({name}, 0))" for name in SUMS[4:])}
    FROM records WHERE time >= :start GROUP BY time - time % 3600000, {", ".join(KEY[1:])}
    ON CONFLICT ({", ".join(KEY)}) DO UPDATE SET
    {", ".join(f"{name} = hours.{name} + excluded.{name}" for name in SUMS)}"""  # noqa: S608  names of our own


async def measure_reports(folder: Path, say: Callable[[str], None]) -> Mapping[str, float]:
    """The slowest report's median on each database, and CPU time to store a record."""
    found: dict[str, float] = {}
    engine = open_sqlite(make_folder(folder / "sqlite") / "ledger.db")
    found |= measure(engine, "sqlite", say)
    engine.dispose()
    shutil.rmtree(folder / "sqlite")
    with start_postgresql() as server:
        engine = open_postgresql(server.create("bench"))
        found |= measure(engine, "postgres", say)
        engine.dispose()
    return found


def make_folder(path: Path) -> Path:
    """Empty."""
    path.mkdir()
    return path


def measure(engine: Engine, name: str, say: Callable[[str], None]) -> dict[str, float]:
    """One database, from empty."""
    migrate(engine)
    found = {f"store_cpu_us_{name}": measure_storing(engine, say)}
    began = time.monotonic()
    fill(engine)
    say(f"{name}: {RECORDS:,} records and their hours made in {time.monotonic() - began:.0f} s")
    slowest = max(measure_report(engine, report, say) for report in REPORTS)
    return found | {f"report_ms_10m_{name}": slowest}


def measure_storing(engine: Engine, say: Callable[[str], None]) -> float:
    """Microseconds of this process's CPU for one record, from its line to the commit."""
    deliveries = [
        lines(*(line(f"{part}-{number}", client=f"team/key-{number % 200}") for number in range(1000)))
        for part in range(20)
    ]
    began, used = time.monotonic(), read_cpu()
    for body in deliveries:
        store_delivery(engine, read_delivery(body, "gateway-1", 0, 0), {})
    count = 1000 * len(deliveries)
    seconds, cpu = time.monotonic() - began, read_cpu() - used
    say(f"{engine.dialect.name}: {count / seconds:,.0f} records/s, {cpu / count * 1e6:.1f} us of CPU each")
    return cpu / count * 1e6


def read_cpu() -> float:
    """Seconds of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def fill(engine: Engine) -> None:
    """Made where they stay: by the database itself."""
    start, half = int(START.timestamp() * 1000), RECORDS // 2
    false = "false" if engine.dialect.name == "postgresql" else "0"
    make = text(MAKE.format(false=false, numbers=SERIES[engine.dialect.name]))
    changes = [
        (number, START.timestamp() * 1000 + DAYS // 2 * 86_400_000 if number > 10 else 0) for number in range(1, 21)
    ]
    with writing(engine) as connection:
        connection.execute(text("DELETE FROM records"))
        connection.execute(text("DELETE FROM hours"))
        for number, since in changes:
            values = {
                "id": number,
                "name": f"model-{(number - 1) % 10}",
                "since": int(since),
                "input": f"0.{number:02}",
            }
            connection.execute(text(PRICES), values)
    for first in range(0, RECORDS, PART):
        with writing(engine) as connection:
            connection.execute(text("SET LOCAL statement_timeout = 0") if false == "false" else text("SELECT 1"))
            last = min(first + PART, RECORDS) - 1
            connection.execute(make, {"first": first, "last": last, "start": start, "step": STEP_MS, "half": half})
            connection.execute(text(SUM_UP), {"start": start + int(first * STEP_MS)})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


def measure_report(engine: Engine, asked: Mapping[str, str], say: Callable[[str], None]) -> float:
    """Milliseconds, the median."""
    query = parse_query({**MONTH, **asked}, START + timedelta(days=DAYS))
    seconds = []
    rows = 0
    for _ in range(TRIES):
        began = time.monotonic()
        with engine.connect() as connection:
            rows = len(read_report(connection, query, "EUR")["rows"])
        seconds.append(time.monotonic() - began)
    median = sorted(seconds)[TRIES // 2] * 1000
    say(f"{engine.dialect.name}: by {asked['by']} every {asked['every']}: {median:.0f} ms, {rows} rows")
    return median

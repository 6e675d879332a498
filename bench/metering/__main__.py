"""What metering costs, and whether it is exact under load: `make bench-metering`.

Prints what it does to stderr and, last, a JSON line to stdout; docs/benchmarks.md says what each number means.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import traceback
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from bench.metering.limits import measure_limits
from bench.metering.meter import measure_meter
from bench.metering.path import measure_path
from bench.metering.reports import measure_reports

Measure = Callable[[Path, Callable[[str], None]], Awaitable[Mapping[str, float]]]
PARTS: dict[str, Measure] = {
    "path": measure_path,
    "meter": measure_meter,
    "reports": measure_reports,
    "limits": measure_limits,
}


def main() -> None:
    """What the command line asks for, one after the other; where one fails, the others count."""
    parser = argparse.ArgumentParser(prog="bench.metering")
    parser.add_argument("what", nargs="?", choices=("all", *PARTS), default="all")
    what = parser.parse_args().what
    result: dict[str, float] = {}
    failed = False
    for part in PARTS if what == "all" else [what]:
        say(part)
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            try:
                result |= asyncio.run(run(PARTS[part], Path(folder)))
            except Exception:  # noqa: BLE001  whatever it is, it is shown and ends this part alone
                traceback.print_exc()
                failed = True
    print(json.dumps({name: round(value, 3) for name, value in result.items()}))
    sys.exit(failed)


async def run(measure: Measure, folder: Path) -> Mapping[str, float]:
    """One part."""
    return await measure(folder, say)


def say(text: str) -> None:
    """Progress."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

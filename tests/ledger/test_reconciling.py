"""A bill reckoned by hand, as docs/metering.md says: its commands run as they stand."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from inferops.metering.ledger.database import reading, writing
from inferops.metering.ledger.ingestion import read_delivery, store_delivery
from tests.support.ledger_rows import write_price
from tests.support.usage_lines import line, lines

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "metering.md").read_text()
OWN = {"client": "team-a/app", "usage": '{"prompt_tokens":10,"completion_tokens":5}'}
"""As the gateway writes it: the engine's object is a text."""
LINES = lines(
    line("1", time="2030-01-01T00:00:00Z", **OWN),
    line("2", time="2030-01-31T23:59:59.999Z", **OWN),
    line("3", time="2030-01-31T23:59:59.999Z", **OWN | {"usage": '{"seconds":1.5}'}),
    line("4", time="2030-01-31T23:59:59.999Z", **OWN | {"usage": None}),
    line("late", time="2030-02-01T00:00:00Z", **OWN),
    line("foreign", time="2030-01-15T00:00:00Z", **OWN | {"client": "team-b/app"}),
)


def find_example(language: str, part: str) -> str:
    """The page's one example that has these words."""
    (found,) = [each for each in re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL) if part in each]
    return str(found)


def test_the_pages_sql_finds_what_records_and_hours_have_and_what_each_price_made(engine: Engine) -> None:
    with writing(engine) as connection:
        write_price(connection, 1, "Model", "small-model", input_per_million_tokens="0.5")
    store_delivery(engine, read_delivery(LINES, "gateway-1", 0, 0), {"small": "small-model"})
    hours, single, prices = find_example("sql", "FROM hours").split(";")[:3]
    with reading(engine) as connection:
        assert [tuple(row) for row in connection.execute(text(hours))] == [(4, 20, 10, 1500)]
        assert [tuple(row) for row in connection.execute(text(single))] == [(4, 20, 10, 1500)]
        ((name, since, paid_in, paid_out, prompt, completion),) = connection.execute(text(prices))
        assert (name, since, paid_in, paid_out, prompt, completion) == ("small-model", 0, "0.5", None, 20, 10)


@pytest.mark.skipif(not shutil.which("jq"), reason="the page's examples need jq")
def test_the_pages_sum_of_the_gateways_log_is_that_of_its_records(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(LINES + b'{"message":"draining"}\n')
    recipe = re.sub(r"kubectl .*\|\n", "cat log |\n", find_example("bash", "fromjson"))
    command = ["bash", "-euo", "pipefail", "-c", recipe]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout.split() == [b"30", b"15"]

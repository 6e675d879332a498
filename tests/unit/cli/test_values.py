"""The schema of the chart's values is that of the settings and of values.yaml."""

from pathlib import Path

from inferops.cli.values import SCHEMA, build_reference

REPOSITORY = Path(__file__).resolve().parents[3]


def test_the_schema_is_up_to_date() -> None:
    assert (REPOSITORY / SCHEMA).read_text() == build_reference(REPOSITORY), "run make crds"

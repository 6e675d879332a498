"""docs/reference/crds.md, line by line."""

import pytest

from inferops.specs import KINDS
from inferops.specs.reference import build_reference

PAGE = build_reference(KINDS).splitlines()
ROWS = {
    "a default": "| `stopped` | boolean | `false` | True: no replicas, and requests are refused at once. |",
    "a required range": "| `regions[].scale.max` | integer, 1 to 300 | required | Most replicas. |",
    "allowed values": "| `budget.period` | `day`, `month` | required | When it begins anew. |",
    "a map": "| `nodeSelector` | map of string |  | Labels of the nodes that have it. |",
    "a time": "| `spentSince` | date-time |  | When that period began. |",
    "angle brackets": "| `id` | string |  | Id in /v2/&lt;id&gt;/openai/v1. |",
    "a rule between fields": "- cache needs exactly one of claim and size",
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_the_page_shows(row: str) -> None:
    assert row in PAGE


def test_every_kind_has_its_section() -> None:
    assert [line.removeprefix("## ") for line in PAGE if line.startswith("## ")] == [kind.kind for kind in KINDS]


def test_columns_of_kubectl_tell_ages_of_the_past_only() -> None:
    """kubectl shows a date to come as <invalid>."""
    dates = {column.jsonPath for kind in KINDS for column in kind.columns if column.type == "date"}
    assert dates <= {".metadata.creationTimestamp", ".status.lastChecked"}

"""What is written of a change, as JSON patches."""

import pytest

from inferops.api.translate.fields import Operation, plan_annotations

PATH = "/metadata/annotations/inferops.dev~1a~0b"


@pytest.mark.parametrize(
    ("known", "wanted", "planned"),
    [
        (None, None, []),
        (
            None,
            "1",
            [{"op": "add", "path": "/metadata/annotations", "value": {}}, {"op": "add", "path": PATH, "value": "1"}],
        ),
        ({"other": "x"}, "1", [{"op": "add", "path": PATH, "value": "1"}]),
        ({"inferops.dev/a~b": "1"}, "1", []),
        ({"inferops.dev/a~b": "1"}, "2", [{"op": "add", "path": PATH, "value": "2"}]),
        ({"inferops.dev/a~b": "1"}, None, [{"op": "remove", "path": PATH}]),
    ],
)
def test_an_annotation_is_set_or_taken_away_where_it_differs(
    known: dict[str, str] | None, wanted: str | None, planned: list[Operation]
) -> None:
    obj = {"metadata": {"name": "a"} if known is None else {"name": "a", "annotations": known}}
    assert plan_annotations(obj, {"inferops.dev/a~b": wanted}) == planned

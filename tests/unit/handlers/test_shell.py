"""How kopf is told to keep still."""

import itertools
from typing import cast

from inferops.handlers.operator import Operator
from inferops.handlers.shell import Backoffs, build_settings
from inferops.settings import Settings


def test_failing_requests_are_tried_for_ever_and_by_each_request_anew() -> None:
    backoffs = Backoffs()
    for _ in range(2):
        pauses = list(itertools.islice(backoffs, 1000))
        assert pauses[:5] == [0.5, 1.0, 2.0, 4.0, 8.0]
        assert all(12 <= pause <= 18 for pause in pauses[5:])


def test_kopf_keeps_still() -> None:
    settings = build_settings(cast("Operator", None), Settings())
    assert not settings.posting.enabled
    assert settings.peering.standalone
    assert settings.scanning.disabled

"""How kopf is told to keep still."""

import itertools

import kopf

from inferops.handlers.shell import Backoffs, build_settings


def test_failing_requests_are_tried_for_ever_and_by_each_request_anew() -> None:
    backoffs = Backoffs()
    for _ in range(2):
        pauses = list(itertools.islice(backoffs, 1000))
        assert pauses[:5] == [0.5, 1.0, 2.0, 4.0, 8.0]
        assert all(12 <= pause <= 18 for pause in pauses[5:])


def test_kopf_writes_nothing_on_objects() -> None:
    settings = build_settings()
    body, patch = kopf.Body({"metadata": {}, "spec": {"a": 1}}), kopf.Patch()
    progress, diffbase = settings.persistence.progress_storage, settings.persistence.diffbase_storage
    progress.touch(body=body, patch=patch, value="now")
    diffbase.store(body=body, patch=patch, essence=diffbase.build(body=body))
    assert not patch
    assert not settings.posting.enabled
    assert settings.peering.standalone
    assert settings.scanning.disabled

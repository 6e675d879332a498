"""ETags and what If-Match asks."""

import pytest

from inferops.api.etags import build_etag, build_list_etag, is_known, is_unchanged


def build(generation: int = 3, version: str = "41", uid: str = "0123456789ab") -> dict[str, object]:
    return {"metadata": {"uid": uid, "generation": generation, "resourceVersion": version}}


def test_an_etag_changes_with_every_write() -> None:
    assert build_etag(build()) == '"01234567.3.41"'
    assert build_etag(build(version="42")) != build_etag(build())


@pytest.mark.parametrize(
    ("header", "unchanged"),
    [
        ('"01234567.3.41"', True),
        ('"01234567.3.7"', True),
        ('"other", "01234567.3.41"', True),
        ("*", True),
        ('"01234567.2.40"', False),
        ('W/"01234567.3.41"', False),
        ('"89abcdef.3.41"', False),
        ("01234567.3.41", False),
        ("", False),
    ],
)
def test_if_match_asks_whether_the_spec_is_what_was_seen(header: str, unchanged: bool) -> None:
    assert is_unchanged(header, build()) is unchanged


def test_if_none_match_asks_whether_a_list_is_known() -> None:
    etag = build_list_etag(b"[1]")
    assert etag != build_list_etag(b"[2]")
    for header in (etag, etag.removeprefix("W/"), f'"other", {etag}', "*"):
        assert is_known(header, etag)
    for header in ("", '"other"', build_list_etag(b"[2]")):
        assert not is_known(header, etag)

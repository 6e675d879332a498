"""What an object keeps of the request that made it."""

import pytest

from inferops.api.idempotency import ROTATION, build_marks, parse_idempotency_key, read_marks

OPERATION = "POST /ai-inference/registries"
BODY = {"name": "docker", "url": "ghcr.io", "username": "u", "password": "p4ssw0rd"}


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        ('"8e03978e"', "8e03978e"),
        (" 8e03978e ", "8e03978e"),
        ("two words", None),
        ("", None),
        ('""', None),
        ("ä", None),
        ("x" * 255, "x" * 255),
        ("x" * 256, None),
    ],
)
def test_an_idempotency_key_is_one_word(header: str, key: str | None) -> None:
    assert parse_idempotency_key(header) == key


def test_the_same_request_has_the_same_marks_in_whatever_order_its_fields_come() -> None:
    assert build_marks("k", OPERATION, BODY) == build_marks("k", OPERATION, dict(reversed(BODY.items())))


def test_another_body_key_or_operation_is_told_apart() -> None:
    marks = build_marks("k", OPERATION, BODY)
    assert build_marks("k", OPERATION, {**BODY, "url": "docker.io"}).body != marks.body
    assert build_marks("l", OPERATION, BODY).key != marks.key
    assert build_marks("k", "POST /ai-inference/instances", BODY).key != marks.key


def test_a_password_leaves_no_trace() -> None:
    assert build_marks("k", OPERATION, BODY) == build_marks("k", OPERATION, {**BODY, "password": "another"})


def test_the_marks_are_read_back() -> None:
    marks = build_marks("k", OPERATION, BODY)
    assert read_marks({"metadata": {"annotations": {"a": "b", **marks.annotations()}}}) == marks
    assert read_marks({"metadata": {}}) is None
    rotated = {"metadata": {"annotations": marks.annotations(ROTATION)}}
    assert (read_marks(rotated), read_marks(rotated, ROTATION)) == (None, marks)

"""Words of programs and of the cluster, as a status quotes them."""

import time

import pytest

from inferops.plan.diagnosis.words import LONGEST_DETAIL, listed, quoted, telling_line


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("OSError: token hf_abcdefghijklmnop is not valid", "OSError: token *** is not valid."),
        ("401 for sk-proj-0123456789abcdef", "401 for ***."),
        ("Authorization: Bearer eyJhbGciOi.J9.x_y-z", "Authorization: Bearer ***."),
        (f"the gateway refuses inf-{'aB3_-' * 8}xyz twice", "the gateway refuses *** twice."),
        ("inf-chat is not ready", "inf-chat is not ready."),
        ("the API server refuses eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln", "the API server refuses ***."),
        ("cannot log in: password=hunter2, retrying", "cannot log in: password=***, retrying."),
        ('{"api_key": "0123456789"}', '{"api_key": ***"}.'),
        ("GET https://user:secret@example.com/v2/ failed", "GET https://***@example.com/v2/ failed."),
        (
            "https://b.s3/x?X-Amz-Signature=abc&X-Amz-Date=1 gave 403",
            "https://b.s3/x?X-Amz-Signature=***&X-Amz-Date=*** gave 403.",
        ),
        ("2026-11-21T03:00:11.123Z ERROR out of memory", "ERROR out of memory."),
        ("(EngineCore_DP0 pid=77) ERROR 11-21 03:00:11 [core.py:708] failed", "ERROR [core.py:708] failed."),
        ("read tcp 10.0.0.1:43210->10.0.0.2:8000: reset", "read tcp 10.0.0.2:8000: reset."),
        (f'failed to create container "{"ab" * 32}": no space', "failed to create container ...: no space."),
        (f"image@sha256:{'ab' * 32} is gone", f"image@sha256:{'ab' * 32} is gone."),
        ("two\n  lines\n", "two lines."),
        ("\x1b[1;31mred\x1b[0m \x1b]52;c;YQ==\x07 and \u202eback", "red ]52;c;YQ== and back."),
        ("Really?", "Really?"),
        ("", ""),
    ],
)
def test_a_quotation_keeps_what_matters_and_nothing_that_ticks_or_is_secret(said: str, kept: str) -> None:
    assert quoted(said) == kept


def test_a_long_quotation_ends_in_time() -> None:
    assert len(quoted("word " * 1000)) <= LONGEST_DETAIL
    assert quoted("word " * 1000).endswith(" ...")


@pytest.mark.parametrize(
    ("log", "line"),
    [
        ("Traceback (most recent call last):\n  File x\nValueError: no such model\n", "ValueError: no such model"),
        ("ValueError: too long\nRuntimeError: Engine failed. See root cause above.\n", "ValueError: too long"),
        ("loading\ncannot fetch\n", "cannot fetch"),
        ("panic: nil map\n\ngoroutine 1 [running]:\nmain.go:12", "panic: nil map"),
        ("\n\n", ""),
    ],
)
def test_of_a_log_the_line_that_tells_is_taken(log: str, line: str) -> None:
    assert telling_line(log) == line


def test_a_list_ends_in_time() -> None:
    assert listed(["a", "b"]) == "a, b"
    assert listed(["a", "b", "c", "d", "e", "f"]) == "a, b, c, d and 2 more"


def test_a_line_without_end_is_judged_at_once() -> None:
    begun = time.process_time()
    assert telling_line("a" * 100_000 + "\nfine") == "fine"
    assert time.process_time() - begun < 1

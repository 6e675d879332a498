"""Which lines, and what is made of them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from inferops.api.following import keep_newest
from inferops.api.problems import Refusal
from inferops.api.seats import Seats
from inferops.api.translate.logs import read_since
from inferops.cluster.pod_logs import LONGEST_LINE, LogEntry, LogQuery, parse_entry, read_lines

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        (None, None),
        ("0", NOW),
        ("600", NOW - timedelta(minutes=10)),
        ("2029-12-31T23:00:00Z", datetime(2029, 12, 31, 23, tzinfo=UTC)),
        ("2030-01-01T01:00:00 01:00", datetime(2030, 1, 1, tzinfo=UTC)),
    ],
)
def test_since_is_seconds_or_a_moment(text: str | None, moment: datetime | None) -> None:
    assert read_since(text, NOW) == moment


@pytest.mark.parametrize("text", ["", "yesterday", "-5", "1.5", "2029-12-31T23:00:00", "9" * 11, "١٢"])
def test_another_since_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_since(text, NOW)
    assert (refused.value.status, refused.value.errors[0].field) == (422, "since")


def test_a_line_has_its_time_to_the_microsecond() -> None:
    entry = parse_entry(b"2030-01-01T13:00:00.123456789+01:00 two words\r", "eu", "p")
    assert entry == (datetime(2030, 1, 1, 12, 0, 0, 123456, tzinfo=UTC), "eu", "p", "two words")
    assert parse_entry(b"unable to retrieve container logs", "eu", "p") is None
    broken = parse_entry(b"2030-01-01T12:00:00Z \xff", "eu", "p")
    assert broken is not None
    assert broken.message == "\ufffd"


async def test_long_lines_are_cut_and_the_next_one_is_whole() -> None:
    text = b"a\n" + b"x" * (LONGEST_LINE * 3) + b"\nb\nc"

    async def read_chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(text), 1000):
            yield text[start : start + 1000]

    lines = [line async for line in read_lines(read_chunks())]
    assert [len(line) for line in lines] == [1, LONGEST_LINE, 1, 1]


def test_a_query_asks_for_the_engines_container() -> None:
    query = LogQuery(tail=0, since=NOW, previous=True, follow=True)
    assert query.parameters() == {
        "container": "engine",
        "timestamps": "true",
        "tailLines": "0",
        "sinceTime": "2030-01-01T12:00:00Z",
        "previous": "true",
        "follow": "true",
    }
    assert LogQuery().parameters() == {"container": "engine", "timestamps": "true"}


def test_seats_are_bounded_for_each_namespace_and_for_all() -> None:
    seats = Seats(most=3, most_each=2)
    with seats.take("a"), seats.take("a"):
        with pytest.raises(Refusal) as refused:
            seats.check("a")
        assert (refused.value.status, "retry-after" in refused.value.headers) == (503, True)
        seats.check("b")
        with seats.take("b"), pytest.raises(Refusal):
            seats.check("c")
    seats.check("a")


@pytest.mark.parametrize(("most", "kept"), [(100, "abcd"), (20, "cd"), (19, "d"), (0, "d")])
async def test_of_lines_that_are_long_the_newest_are_kept(most: int, kept: str) -> None:
    async def entries() -> AsyncIterator[LogEntry]:
        for letter in "abcd":
            yield LogEntry(NOW, "here", "chat-1", letter * 10)

    assert [entry.message for entry in await keep_newest(entries(), most)] == [letter * 10 for letter in kept]

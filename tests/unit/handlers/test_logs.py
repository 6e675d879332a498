"""Log lines for machines and for people."""

import json
import logging

import pytest

from inferops.cli.logs import JsonFormatter, PlainFormatter, configure_logging


def build_record(*, broken: bool = False) -> logging.LogRecord:
    error = ValueError("broken")
    info = (ValueError, error, None) if broken else None
    record = logging.makeLogRecord({"name": "inferops.cluster.lease", "levelno": 20, "levelname": "INFO"})
    record.msg, record.args, record.exc_info = "lease %s", ("lost",), info
    record.kind = "Lease"
    return record


def test_json_lines_carry_the_fields() -> None:
    line = json.loads(JsonFormatter().format(build_record()))
    assert line.pop("time").endswith("+00:00")
    assert line == {"level": "INFO", "logger": "inferops.cluster.lease", "message": "lease lost", "kind": "Lease"}


def test_plain_lines_are_for_people() -> None:
    line = PlainFormatter().format(build_record())
    assert line.endswith(" INFO cluster.lease: lease lost kind=Lease")


@pytest.mark.parametrize("formatter", [JsonFormatter(), PlainFormatter()])
def test_exceptions_are_told_whole(formatter: logging.Formatter) -> None:
    assert "ValueError: broken" in formatter.format(build_record(broken=True))


def test_libraries_that_speak_of_every_object_are_kept_to_warnings() -> None:
    root, before = logging.getLogger(), list(logging.getLogger().handlers)
    try:
        configure_logging("DEBUG", "json")
        assert logging.getLogger("kopf.objects").getEffectiveLevel() == logging.WARNING
        assert root.level == logging.DEBUG
    finally:
        root.handlers, root.level = before, logging.WARNING

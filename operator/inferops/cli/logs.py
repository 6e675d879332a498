"""How every process logs: one JSON object per line for machines, or a readable line on a terminal."""

import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Literal

import orjson

Style = Literal["json", "plain"]
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_KOPF = {"k8s_skip", "k8s_ref", "settings"}
"""Attributes of every record, and kopf's own; all others are fields that the caller gave by `extra`."""
_QUIET = ("kopf", "aiohttp.access", "asyncio", "httpx")
"""Libraries that speak of each request or object: warnings only."""


def configure_logging(level: str, style: Style | None = None) -> None:
    """Log to standard error from `level` on; without a style, plain on a terminal and JSON elsewhere."""
    handler = logging.StreamHandler()
    plain = style == "plain" or (style is None and sys.stderr.isatty())
    handler.setFormatter(PlainFormatter() if plain else JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))


class JsonFormatter(logging.Formatter):
    """`{"time", "level", "logger", "message", fields...}`."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            line["exception"] = "".join(traceback.format_exception(*record.exc_info))
        return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


class PlainFormatter(logging.Formatter):
    """`12:00:00 INFO logger: message field=value`."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the traceback below it."""
        clock = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        name = record.name.removeprefix("inferops.")
        fields = "".join(f" {key}={value}" for key, value in _fields(record).items())
        line = f"{clock} {record.levelname} {name}: {record.getMessage()}{fields}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _fields(record: logging.LogRecord) -> dict[str, object]:
    return {key: value for key, value in vars(record).items() if key not in _STANDARD | _KOPF}

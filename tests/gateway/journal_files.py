"""A journal as Envoy's module writes it, written by a test: one thread's segments."""

import fcntl
import json
import mmap
from pathlib import Path
from typing import Any

SEGMENT_BYTES = 1 << 20
HEADER = b"%020d\n"
END = b"\x04"
LINE: dict[str, Any] = {
    "client_request_id": None,
    "time": "2026-11-21T16:26:02.123Z",
    "client": "team/alice",
    "ip": "10.0.0.1",
    "instance": "warm-1a2b3c4d",
    "region": "home",
    "model": "llama",
    "route": "chat",
    "method": "POST",
    "path": "/v1/chat/completions",
    "status": 200,
    "details": "via_upstream",
    "flags": "-",
    "ms": 1234,
    "ttft_ms": 56,
    "bytes_in": 100,
    "bytes_out": 2000,
    "usage": '{"prompt_tokens":11,"completion_tokens":9,"prompt_tokens_details":{"cached_tokens":8}}',
    "upstream": "10.0.0.2:8000",
    "attempts": 1,
}


class JournalWriter:
    """`boot`: of the Envoy that it plays, which lives until `die`."""

    def __init__(self, folder: Path, boot: str = "1700000000000-7", segment_bytes: int = SEGMENT_BYTES) -> None:
        self.folder, self._boot, self._size = folder, boot, segment_bytes
        self._count = 0
        self._file: mmap.mmap | None = None
        self._end = 0
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = (folder / f"{boot}.lock").open("wb")
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def die(self) -> None:
        """As by kill -9: what is in the files stays."""
        self._lock.close()
        if self._file:
            self._file.close()
            self._file = None

    def write(self, *ids: str, **changes: Any) -> None:
        """A record for each."""
        for each in ids:
            self.write_line(json.dumps({"id": each, **LINE, **changes}).encode() + b"\n")

    def write_line(self, line: bytes) -> None:
        if self._file is None or self._end + len(line) >= self._size:
            self._begin()
        assert self._file
        self._file[self._end : self._end + len(line)] = line
        self._end += len(line)

    def _begin(self) -> None:
        if self._file:
            self._file[self._end : self._end + 1] = END
            self._file.close()
        path = self.folder / f"{self._boot}-{self._count:08}.log"
        self._count += 1
        with path.open("w+b") as file:
            file.truncate(self._size)
            self._file = mmap.mmap(file.fileno(), self._size)
        header = HEADER % (len(HEADER % 0))
        self._file[: len(header)] = header
        self._end = len(header)

"""Follows Envoy's access log: whole lines as they come, from a file that never grows for long."""

import os
from pathlib import Path
from typing import BinaryIO, Self

from inferops.metering.envoy import Admin

LARGEST_FILE = 64 << 20
"""Bytes. A larger one is left behind, and deleted once it is read to its end."""
LARGEST_READ = 4 << 20
"""Bytes at once."""


class AccessLog:
    """One file; use as a context manager. A process that takes over from another one goes on at the file's end."""

    def __init__(self, path: Path, admin: Admin, largest: int = LARGEST_FILE) -> None:
        self._path, self._left = path, path.with_suffix(".left")
        self._admin = admin
        self._largest = largest
        self._file: BinaryIO | None = None
        self._rest = b""
        followed = path.with_suffix(".followed")
        self._first = not followed.exists()
        followed.touch()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def read(self) -> bytes:
        """Whole lines that are new; empty when there are none now. Raises OSError."""
        file = self._file or self._open()
        if file is None:
            return b""
        behind = self._left.exists() and self._path.exists()  # Envoy writes to the new one: the old one is complete
        lines, newline, self._rest = (self._rest + file.read(LARGEST_READ)).rpartition(b"\n")
        if behind and not newline:
            file.close()
            self._file, self._rest = None, b""
            self._left.unlink()
        return lines + newline

    def rotate(self) -> None:
        """Leave a file that is too large, and have Envoy begin another. Raises OSError."""
        if not self._left.exists() and self._path.exists() and self._path.stat().st_size > self._largest:
            self._path.rename(self._left)
        if self._left.exists() and not self._path.exists():
            self._admin.reopen_logs()

    def _open(self) -> BinaryIO | None:
        path = self._left if self._left.exists() else self._path
        if not path.exists():
            return None
        self._file = path.open("rb")
        if not self._first:
            self._file.seek(0, os.SEEK_END)
        self._first = True
        return self._file

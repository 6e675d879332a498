"""Files of the journal, as Envoy's module writes them (gateway/src/journal.rs): 20 digits and a newline, by which we
say how far we are; lines of JSON; then the byte END where the file is complete, else zeros.
"""

import os
from bisect import bisect_left
from pathlib import Path

START = 21
"""Where lines begin."""
END = b"\4"
PIECE = 64 << 10
"""Bytes that are read at once: most files have few new ones."""
LONGEST_LINE = 32 << 10


class Segment:
    """One file, open until `close`: what was deleted by another reader can still be read."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR)
        self.size = os.fstat(self._file).st_size
        digits = os.pread(self._file, START - 1, 0)
        self.acknowledged = max(int(digits), START) if digits.isdigit() else START
        self.offset = self.acknowledged
        """What was read."""
        self.complete = False
        """All of it was read, and nothing more comes."""

    def read(self, most: int) -> bytes:
        """Whole lines that are new, of `most` bytes and a line at most. Raises OSError."""
        text = b""
        while len(text) < most + LONGEST_LINE:
            piece = os.pread(self._file, PIECE, self.offset + len(text))
            text += piece.partition(b"\0")[0]
            if len(piece) < PIECE or b"\0" in piece:
                break
        if len(text) > most:
            text = text[: text.find(b"\n", most) + 1 or len(text)]
        lines, newline, rest = text.rpartition(b"\n")
        self.complete = rest == END
        self.offset += len(lines) + len(newline)
        return lines + newline

    def find_end(self) -> int:
        """Where lines end, and zeros or END begin."""
        after = bisect_left(range(self.size), 1, START, key=lambda at: os.pread(self._file, 1, at) == b"\0")
        return after - (os.pread(self._file, 1, after - 1) == END)

    def is_complete(self) -> bool:
        """Nothing more comes."""
        return os.pread(self._file, 1, self.find_end()) == END

    def has_more(self) -> bool:
        """Than was read."""
        return self.find_end() > self.offset

    def read_last(self) -> bytes:
        """The last line that was read; empty where there is none."""
        begin = max(self.offset - LONGEST_LINE, START)
        return os.pread(self._file, self.offset - begin, begin).rstrip(b"\n").rpartition(b"\n")[2]

    def acknowledge(self, offset: int) -> None:
        """What is before it need not be read again, whoever reads next. Raises OSError."""
        if offset > self.acknowledged:
            os.pwrite(self._file, b"%020d\n" % offset, 0)
            self.acknowledged = offset

    def count_waiting(self) -> int:
        """Lines that nobody acknowledged."""
        return os.pread(self._file, self.find_end() - self.acknowledged, self.acknowledged).count(b"\n")

    def close(self) -> None:
        """Done with it."""
        os.close(self._file)

"""What the kernel knows of a process."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def read_cpu(pid: int) -> float:
    """Seconds of CPU that the process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def read_memory(pid: int) -> tuple[int, int]:
    """Resident memory now and at most, in MB (10^6 bytes)."""
    lines = (line.split() for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    kilobytes = {line[0]: int(line[1]) for line in lines if line[0] in {"VmRSS:", "VmHWM:"}}
    return kilobytes["VmRSS:"] * 1024 // 10**6, kilobytes["VmHWM:"] * 1024 // 10**6


def read_children(pid: int) -> list[int]:
    """Process ids of its children."""
    return [
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]

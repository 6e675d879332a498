"""A line for each instance that says what it waits for."""

import sys
import time
from typing import Any


class Waiting:
    """The progress of one instance: one line, rewritten on a terminal, a new one per change elsewhere."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.began = time.monotonic()
        self.shown = ""

    def show(self, status: dict[str, Any]) -> None:
        """Say in one line what the status says."""
        text = f"{status.get('phase', 'NEW')}: {what_is_missing(status)}"
        if sys.stdout.isatty():
            print(f"\r\033[K  {self.name:<10} {time.monotonic() - self.began:5.0f} s  {text}"[:120], end="", flush=True)
        elif text != self.shown:
            print(f"  {self.name:<10} {time.monotonic() - self.began:5.0f} s  {text}", flush=True)
        self.shown = text

    def done(self) -> None:
        """End the line."""
        if sys.stdout.isatty():
            print()


def what_is_missing(status: dict[str, Any]) -> str:
    """The message of the first region that is not ready, or of the first condition that does not hold."""
    for region in status.get("regions") or []:
        if region.get("errorMessage"):
            return str(region["errorMessage"])
    for condition in status.get("conditions") or []:
        if condition["status"] != "True" and condition["type"] in {"Accepted", "Available", "Routable"}:
            return str(condition["message"])
    return str(status.get("address", ""))

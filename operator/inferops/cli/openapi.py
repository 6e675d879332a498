"""docs/reference/openapi.json, from the routes themselves: `make openapi` writes it."""

import json
import sys
from pathlib import Path

from inferops.api.app import build_app

REFERENCE = "docs/reference/openapi.json"


def build_reference() -> str:
    """The whole document."""
    return json.dumps(build_app(None).openapi(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(*sys.argv[1:2], REFERENCE).write_text(build_reference())

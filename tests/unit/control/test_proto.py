"""The generated messages are those of the .proto file."""

from pathlib import Path

import inferops.control.proto
from inferops.control.proto.__main__ import generate


def test_the_generated_files_are_up_to_date(tmp_path: Path) -> None:
    generate(tmp_path)
    committed = Path(inferops.control.proto.__file__).parent
    for name in ("externalscaler_pb2.py", "externalscaler_pb2.pyi"):
        assert (tmp_path / name).read_text() == (committed / name).read_text(), "run python -m inferops.control.proto"

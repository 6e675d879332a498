"""`python -m inferops.control.proto [FOLDER]` generates the messages, beside the .proto file or into FOLDER."""

import sys
from pathlib import Path

from grpc_tools import protoc

HERE = Path(__file__).parent


def generate(folder: Path) -> None:
    """Write externalscaler_pb2.py and its types."""
    arguments = [f"-I{HERE}", f"--python_out={folder}", f"--pyi_out={folder}", str(HERE / "externalscaler.proto")]
    if status := protoc.main(["protoc", *arguments]):
        sys.exit(status)


if __name__ == "__main__":
    generate(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)

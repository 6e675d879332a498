"""The demo of the README: real engines, real answers."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.usefixtures("local")
def test_the_demo_prints_three_real_answers() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dev.demo"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=900
    )
    print(done.stdout, done.stderr)
    assert done.returncode == 0
    for answer in ("chat completion (openai)", "streamed completion (openai)", "transcription (curl)"):
        assert answer in done.stdout

"""`inferops doctor` on an installation that serves."""

import json
import subprocess
import sys

from dev.target import Target
from tests.e2e.world import Manifest


def examine(target: Target) -> dict[str, Manifest]:
    """The lines by subject."""
    command = [sys.executable, "-m", "inferops", "doctor", "--context", target.context, "-o", "json"]
    done = subprocess.run(command, env=target.env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in {0, 1}, done.stderr
    return {line["subject"]: line for each in json.loads(done.stdout)["sections"] for line in each["lines"]}


def test_gateway_and_control_are_seen_to_be_connected(target: Target) -> None:
    lines = examine(target)
    assert lines["connection to control"]["mark"] == "ok", lines["connection to control"]
    assert not [subject for subject in lines if subject.startswith("connection to control of")], "a pod did not tell"

"""The entry point of every process."""

import gc
import subprocess
import sys


def test_garbage_is_collected_again_once_a_command_is_imported() -> None:
    code = "import gc; from inferops.cli.main import main; main(['crds', '--help'], standalone_mode=False)"
    asks = f"{code}; print(gc.isenabled(), gc.get_freeze_count() > 1000)"
    assert gc.isenabled()
    done = subprocess.run([sys.executable, "-c", asks], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "True True"

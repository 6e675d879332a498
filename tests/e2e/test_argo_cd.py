"""ScaledObjects as Argo CD sees them: by its own rule, which argo/main.go runs."""

import json
import subprocess
import threading
from pathlib import Path
from typing import Self

from tests.e2e.scaling import build_scale
from tests.e2e.world import Manifest, World, eventually, instance

RULE = Path(__file__).parent / "argo"
NAMES = [f"chat-{number}" for number in range(4)]
STATES = 3
"""Of a ScaledObject that was made: before KEDA has seen it, and what KEDA writes of it."""


def judge(objects: list[Manifest]) -> list[str]:
    """The health of each."""
    lines = "".join(f"{json.dumps(each)}\n" for each in objects)
    done = subprocess.run(["go", "run", "."], cwd=RULE, input=lines, capture_output=True, text=True, check=True)
    return [line.partition("\t")[0] for line in done.stdout.splitlines()]


class ScaledObjects:
    """Every state in which the API server shows a namespace's ScaledObjects while the context lasts."""

    def __init__(self, world: World) -> None:
        self.states: list[Manifest] = []
        command = ["kubectl", "-n", world.namespace, "get", "scaledobjects", "--watch", "-o", "jsonpath={@}{'\\n'}"]
        self._watch = subprocess.Popen(command, env=world.target.env, stdout=subprocess.PIPE, text=True)
        self._reader = threading.Thread(target=self._read)

    def __enter__(self) -> Self:
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._watch.kill()
        self._reader.join()
        self._watch.wait()

    def _read(self) -> None:
        assert self._watch.stdout
        for line in self._watch.stdout:
            self.states.append(json.loads(line))
        self._watch.stdout.close()

    def now(self) -> list[str]:
        """The health of each."""
        latest = {each["metadata"]["name"]: each for each in self.states}
        return judge(list(latest.values()))


def test_a_new_instance_is_never_degraded_and_a_stopped_one_is_suspended(world: World) -> None:
    """From its creation on, in every state that Argo CD could see."""
    with ScaledObjects(world) as seen:
        world.apply(*(instance(name, scale=build_scale(), podLifetime=60) for name in NAMES))
        eventually(lambda: seen.now() == ["Healthy"] * len(NAMES), within=120, every=2)
        assert len(seen.states) >= STATES * len(NAMES)
        assert set(judge(seen.states)) == {"Progressing", "Healthy"}
        for name in NAMES[:2]:
            world.kubectl("patch", "inf", name, "--type=merge", "-p", json.dumps({"spec": {"stopped": True}}))
        eventually(lambda: seen.now().count("Suspended") == 2, within=60, every=2)
        for name in NAMES[:2]:
            world.kubectl("patch", "inf", name, "--type=merge", "-p", json.dumps({"spec": {"stopped": False}}))
        eventually(lambda: seen.now() == ["Healthy"] * len(NAMES), within=60, every=2)
    assert set(judge(seen.states)) == {"Progressing", "Healthy", "Suspended"}

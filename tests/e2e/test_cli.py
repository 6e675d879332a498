"""The command line on a real cluster: from a login to an answer, and back."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.world import GATEWAY, World, eventually, resource

AUDIO = Path(__file__).resolve().parents[2] / "examples" / "audio" / "hello.wav"
Type = Callable[..., str]


@pytest.fixture
def type_command(world: World, tmp_path: Path) -> Type:
    """Somebody logged in with a key that may manage and call."""
    world.apply(resource("ApiKey", "admin", scopes=["manage", "inference"]))
    key = world.key("admin")
    environment = {"PATH": "/usr/bin:/bin", "XDG_CONFIG_HOME": str(tmp_path)}

    def run(*arguments: str, stdin: str = "", status: int = 0, inference: str = "") -> str:
        done = subprocess.run(
            [sys.executable, "-m", "inferops", *arguments],
            env=environment | {"INFEROPS_INFERENCE_KEY": inference}, input=stdin,
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        assert done.returncode == status, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stdout if status == 0 else done.stderr

    def is_open() -> bool:
        return httpx.get(f"{GATEWAY}/ai-inference/me", headers={"x-api-key": key}, timeout=10).is_success

    eventually(is_open, within=30)
    run("login", "--url", GATEWAY, stdin=f"{key}\n")
    return run


def read(type_command: Type, *arguments: str) -> Any:
    return json.loads(type_command(*arguments, "-o", "json"))


def test_from_a_login_to_an_answer_and_back(type_command: Type, world: World) -> None:
    assert "e2e-engine" in type_command("models", "-o", "name").split()
    region = next(each["name"] for each in read(type_command, "regions"))
    what = ("--model", "e2e-engine", "--region", region, "--min", "1", "--max", "1", "--key", "admin")
    made = json.loads(type_command("instances", "create", "chat", *what, "--wait", "-o", "json"))
    assert made["status"] == "ACTIVE"
    assert world.status("chat")["phase"] == "ACTIVE"

    assert eventually(lambda: type_command("chat", "chat", "hello", "there", "--max-tokens", "8").strip())
    assert type_command("chat", "e2e-engine", "--max-tokens", "8", stdin="hello\n").strip()
    assert type_command("transcribe", "chat", str(AUDIO)).strip()
    assert type_command("instances", "logs", "chat", "--tail", "5").strip()
    assert "chat" in type_command("instances", "get", "chat")
    assert "Next: " in type_command("instances", "explain", "chat")
    assert read(type_command, "instances", "events", "chat")

    type_command("instances", "update", "chat", "--max", "2", "--description", "by hand")
    assert world.get("inf", "chat")["spec"]["regions"][0]["scale"]["max"] == 2
    type_command("instances", "stop", "chat", "--wait")
    assert "Error: " in type_command("chat", "chat", "hello", status=6)
    assert "chat" in type_command("keys", "delete", "admin", "--yes", status=5)
    type_command("instances", "delete", "chat", "--yes")
    eventually(lambda: not world.get("inf", "chat"))
    assert "Error: " in type_command("instances", "get", "chat", status=3)


def test_a_key_that_is_made_here_opens_what_names_it_and_manages_nothing(type_command: Type) -> None:
    secret = read(type_command, "keys", "create", "laptop", "--scope", "inference")["secret"]
    assert "scopes inference" in type_command("login", "--url", GATEWAY, "--profile", "laptop", stdin=f"{secret}\n")
    assert "Error: " in type_command("models", status=4)
    type_command("profile", "use", "default")
    region = next(each["name"] for each in read(type_command, "regions"))
    type_command("instances", "create", "chat", "--model", "e2e-engine", "--region", region, "--wait")
    assert "Error: " in type_command("chat", "chat", "hello", status=4, inference=secret)
    type_command("instances", "update", "chat", "--key", "laptop", "--wait")
    answer = eventually(lambda: ask(type_command, secret), within=30)
    assert answer.strip()
    assert type_command("chat", "chat", "hello", "--profile", "laptop").strip()
    assert "chat" in type_command("keys", "delete", "laptop", "--yes", status=5)


def ask(type_command: Type, secret: str) -> str:
    return type_command("chat", "chat", "hello", "--max-tokens", "8", inference=secret)

"""`inferops chat` and `transcribe` through a real gateway: by model on the shared host, and by id."""

import asyncio
import os
import pty
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from inferops.cli.main import main
from tests.gateway.engine import Engine
from tests.gateway.gateway import SHARED, Gateway
from tests.gateway.objects import ALICE, BOB, DOMAIN
from tests.support.eventually import eventually

MODEL = "Tiny/Chat-1"
Environment = dict[str, str | None]


@pytest.fixture
def environment(gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """Somebody who has a key, and whose names of the domain lead here."""
    resolve = socket.getaddrinfo

    def resolve_here(host: Any, *rest: Any, **options: Any) -> Any:
        return resolve("127.0.0.1" if str(host).endswith(DOMAIN) else host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve_here)
    return {
        "INFEROPS_URL": f"http://{SHARED}:{gateway.port}",
        "INFEROPS_API_KEY": ALICE,
        "XDG_CONFIG_HOME": str(tmp_path),
    }


async def type_command(environment: Environment, *arguments: str, stdin: str | bytes = "") -> Result:
    runner = CliRunner(env=environment)
    return await asyncio.to_thread(runner.invoke, main, list(arguments), stdin, prog_name="inferops")


async def test_a_question_is_answered_as_it_comes(environment: Environment, engine: Engine) -> None:
    result = await type_command(environment, "chat", MODEL, "what", "is", "it", "--temperature", "0.5")
    assert (result.exit_code, result.stdout) == (0, "0 1 2 3 4 \n"), result.output
    assert engine.seen[-1]["headers"]["x-client-id"].endswith("/alice")


async def test_what_is_piped_is_part_of_the_question(environment: Environment) -> None:
    result = await type_command(environment, "chat", MODEL, "review", "-o", "json", stdin="the text\n")
    assert (result.exit_code, result.stdout) == (0, '{"model":"Tiny/Chat-1","content":"0 1 2 3 4 ","chunks":5}\n')


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["chat", "no-such", "hello"], 3, "no-such"),
        (["chat", MODEL], 2, "there is no question"),
        (["chat", MODEL, "hello", "--image", "/nothing.png"], 2, "No such file"),
        (["chat", MODEL, "hello", "--image", __file__], 2, "must be an image"),
        (["chat", MODEL, "hello", "--temperature", "hot"], 2, "--temperature"),
        (["transcribe", MODEL, "/nothing.wav"], 2, "No such file"),
        (["transcribe", "no-such", __file__], 3, "no-such"),
    ],
)
async def test_what_cannot_be_is_told_in_a_line(
    environment: Environment, arguments: list[str], status: int, says: str
) -> None:
    result = await type_command(environment, *arguments)
    assert result.exit_code == status, result.output
    assert result.stderr.splitlines()[-1].startswith("Error: ")
    assert says in result.stderr.splitlines()[-1]


async def test_a_key_that_opens_nothing_is_refused_and_told_nowhere(environment: Environment) -> None:
    environment["INFEROPS_INFERENCE_KEY"] = "inf-nobodys"
    result = await type_command(environment, "chat", MODEL, "hello")
    assert result.exit_code == 4, result.output
    assert "inf-nobodys" not in result.output
    environment["INFEROPS_INFERENCE_KEY"] = BOB
    assert (await type_command(environment, "chat", MODEL, "hello")).exit_code in (3, 4)


async def test_speech_becomes_text(environment: Environment, tmp_path: Path) -> None:
    audio = tmp_path / "hello.wav"
    audio.write_bytes(b"\0" * 100_000)
    result = await type_command(environment, "transcribe", MODEL, str(audio), "--language", "en")
    assert (result.exit_code, result.stdout) == (0, "hello\n"), result.output
    result = await type_command(environment, "transcribe", MODEL, "-", stdin=b"\0" * 1000)
    assert (result.exit_code, result.stdout) == (0, "hello\n"), result.output


class Typist:
    """Somebody at a terminal."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        self.screen, end = pty.openpty()
        # a job in the background of a script, such as all of these tests, ignores Ctrl-C, and so do its children
        command = ["env", "--default-signal=INT", sys.executable, "-m", "inferops", *arguments]
        whole = os.environ | environment | {"TERM": "dumb"}
        self.process = subprocess.Popen(command, stdin=end, stdout=end, stderr=end, env=whole, start_new_session=True)
        os.close(end)
        os.set_blocking(self.screen, False)
        self.seen = ""

    def type(self, text: str) -> None:
        os.write(self.screen, text.encode())

    async def see(self, text: str) -> None:
        """Until it stands there."""

        def look() -> bool:
            with suppress(OSError):  # nothing there yet
                self.seen += os.read(self.screen, 65536).decode()
            assert text in self.seen, self.seen
            return True

        await eventually(look, within=30)
        self.seen = self.seen.partition(text)[2]

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.screen)


@pytest.fixture
def typist(environment: Environment, gateway: Gateway, tmp_path: Path) -> Iterator[Typist]:
    """In a chat that goes on turn by turn; the name of the host leads here by a file, as this process' names do not."""
    patch = tmp_path / "sitecustomize.py"
    patch.write_text(
        "import socket\nreal = socket.getaddrinfo\n"
        "socket.getaddrinfo = lambda host, *rest, **options: real('127.0.0.1', *rest, **options)\n"
    )
    known = {name: value for name, value in environment.items() if value}
    assert gateway.port
    typist = Typist("chat", MODEL, **known, PYTHONPATH=str(tmp_path))
    yield typist
    typist.end()


async def test_a_chat_goes_on_turn_by_turn_and_ctrl_c_stops_an_answer_only(typist: Typist, engine: Engine) -> None:
    await typist.see("> ")
    typist.type("/system be brief\n")
    await typist.see("system prompt set")
    typist.type("first question\n")
    await typist.see("0 1 2 3 4 ")
    await typist.see("> ")
    engine.pause = 2.0
    typist.type("second question\n")
    await typist.see("1 ")
    typist.process.send_signal(signal.SIGINT)
    await typist.see("(stopped)")
    await eventually(lambda: engine.left == 1)
    await typist.see("> ")
    typist.type("\x04")
    await eventually(lambda: typist.process.poll() == 0, within=10)

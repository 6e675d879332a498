"""Boots vLLM once per tiny model while its image is built, asks each one thing, and fails the build on a wrong answer.

python3 smoke.py; standard library only.
"""

import contextlib
import http.client
import io
import json
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Iterator
from typing import Any

PORT = 18431
BOOT_SECONDS = 600
LOG_TAIL = 4000


@contextlib.contextmanager
def server(model: str) -> Iterator[None]:
    """A vLLM that serves /models/<model> under its own name; its log is printed when something is wrong."""
    command = ["vllm", "serve", "--model", f"/models/{model}", "--served-model-name", model, "--port", str(PORT)]
    with tempfile.TemporaryFile() as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            wait_for(process)
            yield
        except Exception:
            log.seek(0)
            print(log.read().decode()[-LOG_TAIL:])
            raise
        finally:
            process.terminate()


def wait_for(process: subprocess.Popen[bytes]) -> None:
    """Until /health answers."""
    start = time.monotonic()
    while process.poll() is None and time.monotonic() - start < BOOT_SECONDS:
        with contextlib.suppress(ConnectionError):
            ask("GET", "/health")
            print(f"up after {time.monotonic() - start:.0f} s")
            return
        time.sleep(0.5)
    raise TimeoutError(f"vLLM did not come up (exit code {process.poll()})")


def ask(method: str, path: str, body: bytes = b"", kind: str = "application/json") -> bytes:
    """The body of an answer 200."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=120)
    with contextlib.closing(connection):
        connection.request(method, path, body, {"Content-Type": kind})
        answer = connection.getresponse()
        data = answer.read()
        if answer.status != 200:
            raise ValueError(f"{method} {path}: {answer.status} {data.decode()}")
        return data


def build_chat() -> bytes:
    """A question in JSON mode, which also loads the grammar back end."""
    question: dict[str, Any] = {"model": "tiny-chat", "max_tokens": 8, "response_format": {"type": "json_object"}}
    return json.dumps(question | {"messages": [{"role": "user", "content": "hello"}]}).encode()


def build_form(boundary: str) -> bytes:
    """One second of near silence as a multipart form."""
    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(b"\0\1" * 16000)
    part = f'--{boundary}\r\nContent-Disposition: form-data; name="'
    head = f'{part}model"\r\n\r\ntiny-whisper\r\n{part}file"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n'
    return head.encode() + sound.getvalue() + f"\r\n--{boundary}--\r\n".encode()


def main() -> None:
    """Both models; the metrics too, because their modules load at the first scrape."""
    with server("tiny-chat"):
        print("tiny-chat:", json.loads(ask("POST", "/v1/chat/completions", build_chat()))["usage"])
        if b"vllm:num_requests_running" not in ask("GET", "/metrics"):
            sys.exit("tiny-chat: /metrics has no vllm:num_requests_running")
    with server("tiny-whisper"):
        form = build_form("boundary")
        answer = json.loads(ask("POST", "/v1/audio/transcriptions", form, "multipart/form-data; boundary=boundary"))
        if not answer["text"].startswith(" I hear someone speak") or answer["usage"]["seconds"] != 1:
            sys.exit(f"tiny-whisper: expected its one sentence and 1 second, got {answer}")
        print("tiny-whisper:", answer)


if __name__ == "__main__":
    main()

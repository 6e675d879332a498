"""The questions of the demo: by the official `openai` package, and by curl."""

import json
import shlex
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from openai import OpenAI

from dev.cluster.layout import NODE_IP

GATEWAY = f"http://{NODE_IP}"
"""The gateway's external address; the host names of the instances are no names that the world knows."""


def client(status: dict[str, Any], key: str) -> OpenAI:
    """The official client, for one instance's host."""
    host = urlsplit(status["address"]).netloc
    return OpenAI(base_url=f"{GATEWAY}/v1", api_key=key, default_headers={"Host": host}, timeout=120)


def ask_chat(status: dict[str, Any], key: str) -> None:
    """A chat completion on the instance's own host."""
    began = time.monotonic()
    answer = client(status, key).chat.completions.create(
        model=status["model"], messages=[{"role": "user", "content": "hello"}], max_tokens=40, temperature=0
    )
    tokens = answer.usage.completion_tokens if answer.usage else 0
    print_answer("chat completion (openai)", answer.choices[0].message.content or "", f"{tokens} tokens", began)


def ask_stream(status: dict[str, Any], key: str) -> None:
    """A streamed completion by `/v2/<id>`."""
    began = time.monotonic()
    openai = OpenAI(base_url=f"{GATEWAY}/v2/{status['id']}/openai/v1", api_key=key, timeout=120)
    stream = openai.chat.completions.create(
        model=status["model"],
        messages=[{"role": "user", "content": "What does join in posixpath do?"}],
        max_tokens=40,
        temperature=0,
        stream=True,
    )
    parts = [chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices]
    print_answer("streamed completion (openai)", "".join(parts), f"{len(parts)} events", began)


def ask_transcription(status: dict[str, Any], key: str, audio: Path) -> None:
    """A transcription by curl, on the shared host, by model."""
    began = time.monotonic()
    command = ["curl", "-sS", f"{GATEWAY}/v1/audio/transcriptions", "-H", f"x-api-key: {key}"]
    command += ["-F", f"model={status['model']}", "-F", f"file=@{audio}"]
    answer = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    if "text" not in answer:
        raise SystemExit(f"transcription: {answer}")
    print_answer("transcription (curl)", answer["text"], f"usage {answer.get('usage')}", began)


def print_answer(what: str, text: str, extra: str, began: float) -> None:
    """One answer; an empty one ends the demo."""
    if not text.strip():
        raise SystemExit(f"{what}: the answer is empty")
    print(f"\n{what}: {extra}, {time.monotonic() - began:.2f} s\n  {text.strip()[:400]}", flush=True)


def show_curl(status: dict[str, Any]) -> None:
    """A command to try by hand; the key stays where it is."""
    host = urlsplit(status["address"]).netloc
    body = json.dumps({"model": status["model"], "messages": [{"role": "user", "content": "hello"}]})
    headers = f'-H "host: {host}" -H "x-api-key: $KEY" -H "content-type: application/json"'
    print(f"\nTry it:\n  curl {GATEWAY}/v1/chat/completions {headers} \\\n    -d {shlex.quote(body)}")

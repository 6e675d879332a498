"""A client that asks for heartbeats hears them while a pod starts for it."""

import json
from itertools import takewhile
from urllib.parse import urlsplit

import httpx

from tests.e2e.test_traffic import SLEEPY
from tests.e2e.world import GATEWAY, TLS, World, eventually, instance


def test_a_stream_from_zero_hears_comments_and_then_its_answer(world: World) -> None:
    world.apply(instance("chat", scale=SLEEPY, podLifetime=60))
    status, key = world.wait_phase("chat", "PENDING"), world.key("e2e")
    eventually(lambda: world.condition("chat", "Scalable").get("status") == "True", within=60)
    world.wait_known(status, world.stranger())
    assert not world.names("pods")
    headers = {"host": urlsplit(status["address"]).netloc, "x-api-key": key, "prefer": "heartbeat=1"}
    messages = [{"role": "user", "content": "hello"}]
    body = {"model": status["model"], "messages": messages, "max_tokens": 8, "stream": True}
    with httpx.Client(base_url=GATEWAY, headers=headers, timeout=120, verify=TLS) as client:
        answer = client.post("/v1/chat/completions", json=body)
    lines = [line for line in answer.text.splitlines() if line]
    comments = list(takewhile(lambda line: line == ": waiting", lines))
    assert answer.status_code == httpx.codes.OK
    assert comments, "a pod takes longer than a second"
    assert lines[-1] == "data: [DONE]"
    assert {json.loads(line.removeprefix("data: "))["object"] for line in lines[len(comments) : -1]} == {
        "chat.completion.chunk"
    }

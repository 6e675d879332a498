"""Who may call what, and how those who may not hear of it."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam

from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, SHARED, Gateway, host_of, path_of
from tests.gateway.objects import ADMIN, ALICE, BOB, ELSEWHERE, EVE, api_key, instance, key_hash
from tests.support.eventually import PATIENCE, eventually

WARM, OPEN = host_of("warm"), host_of("open")
TINY = {"model": "Tiny/Chat-1"}
HELLO: list[ChatCompletionMessageParam] = [{"role": "user", "content": "hello"}]
Headers = dict[str, str]

WAYS_IN: dict[str, tuple[str, str, Headers]] = {
    "instance host, x-api-key": (WARM, CHAT, {"x-api-key": ALICE}),
    "instance host, Bearer": (WARM, CHAT, {"authorization": f"Bearer {ALICE}"}),
    "a scheme has no case": (WARM, CHAT, {"authorization": f"bearer   {ALICE}"}),
    "x-api-key wins over a placeholder": (WARM, CHAT, {"authorization": "Bearer none", "x-api-key": ALICE}),
    "host in capitals with a port": (f"{WARM.upper()}:8443", CHAT, {"x-api-key": ALICE}),
    "id on the shared host": (SHARED, path_of("warm"), {"x-api-key": ALICE}),
    "id on any host": ("192.0.2.1", path_of("warm"), {"x-api-key": ALICE}),
    "shared host by model": (SHARED, CHAT, {"x-api-key": ALICE}),
    "everybody, without a key": (OPEN, CHAT, {}),
    "everybody, with any key": (OPEN, CHAT, {"authorization": "Bearer whatever"}),
    "everybody, by id": (SHARED, path_of("open"), {}),
}


async def test_every_way_in_reaches_the_engine(gateway: Gateway) -> None:
    for way, (host, path, headers) in WAYS_IN.items():
        async with gateway.client(host, **headers) as client:
            answer = await client.post(path, json=TINY)
        assert answer.status_code == 200, (way, answer.text)
        assert answer.json()["seen"]["path"] == CHAT, way


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


REFUSED: dict[str, tuple[str, str, Headers, dict[str, Any], int, str]] = {
    "no key": (WARM, CHAT, {}, TINY, 401, "missing_api_key"),
    "no key, shared host": (SHARED, CHAT, {}, TINY, 401, "missing_api_key"),
    "wrong key": (WARM, CHAT, {"x-api-key": "sk-no"}, TINY, 401, "invalid_api_key"),
    "wrong key, shared host": (SHARED, CHAT, {"x-api-key": "sk-no"}, TINY, 401, "invalid_api_key"),
    "another scheme": (WARM, CHAT, {"authorization": f"Basic {ALICE}"}, TINY, 401, "missing_api_key"),
    "a key that is too long": (WARM, CHAT, {"x-api-key": "k" * 513}, TINY, 401, "invalid_api_key"),
    "an empty key": (WARM, CHAT, {"x-api-key": ""}, TINY, 401, "missing_api_key"),
    "a scheme alone": (WARM, CHAT, {"authorization": "Bearer"}, TINY, 401, "missing_api_key"),
    "a key with a space": (WARM, CHAT, {"authorization": f"Bearer {ALICE} {ALICE}"}, TINY, 401, "missing_api_key"),
    "a list of keys": (WARM, CHAT, {"x-api-key": f"{ALICE}, {ALICE}"}, TINY, 401, "invalid_api_key"),
    "a scheme in the wrong header": (WARM, CHAT, {"x-api-key": f"Bearer {ALICE}"}, TINY, 401, "invalid_api_key"),
    "a key in capitals": (WARM, CHAT, {"x-api-key": ALICE.upper()}, TINY, 401, "invalid_api_key"),
    "the beginning of a key": (WARM, CHAT, {"x-api-key": ALICE[:-1]}, TINY, 401, "invalid_api_key"),
    "a wrong key beside a good one": (
        WARM,
        CHAT,
        {"x-api-key": "sk-no", "authorization": f"Bearer {ALICE}"},
        TINY,
        401,
        "invalid_api_key",
    ),
    "a key of 60000 characters": (WARM, CHAT, {"x-api-key": "k" * 60000}, TINY, 401, "invalid_api_key"),
    "a hash for a key": (WARM, CHAT, {"x-api-key": digest(ALICE)}, TINY, 401, "invalid_api_key"),
    "a hash in our own header": (WARM, CHAT, {"x-key-hash": digest(ALICE)}, TINY, 401, "missing_api_key"),
    "a client id": (WARM, CHAT, {"x-client-id": "team/alice"}, TINY, 401, "missing_api_key"),
    "a virtual host of open instances": (WARM, CHAT, {"x-vhost": f"h:{OPEN}"}, TINY, 401, "missing_api_key"),
    "no key at an unknown host": ("no.such.host", CHAT, {}, TINY, 401, "missing_api_key"),
    "a key that the instance does not name": (WARM, CHAT, {"x-api-key": BOB}, TINY, 403, "key_not_allowed"),
    "the same, by model": (SHARED, CHAT, {"x-api-key": BOB}, TINY, 403, "key_not_allowed"),
    "the same, by id": (SHARED, path_of("warm"), {"x-api-key": BOB}, TINY, 403, "key_not_allowed"),
    "a key of another namespace": (WARM, CHAT, {"x-api-key": EVE}, TINY, 403, "key_not_allowed"),
    "a key without the scope": (WARM, CHAT, {"x-api-key": ADMIN}, TINY, 403, "key_not_allowed"),
    "an instance that names no key": (host_of("locked"), CHAT, {"x-api-key": ALICE}, TINY, 403, "key_not_allowed"),
    "unknown model": (SHARED, CHAT, {"x-api-key": ALICE}, {"model": "gpt-9"}, 404, "model_not_found"),
    "a model of another namespace": (SHARED, CHAT, {"x-api-key": EVE}, TINY, 404, "model_not_found"),
    "unknown id": (SHARED, "/v2/no-such/openai/v1/completions", {"x-api-key": ALICE}, TINY, 404, "not_found"),
    "unknown host": ("no.such.host", CHAT, {"x-api-key": ALICE}, TINY, 404, "not_found"),
    "a path outside of /v1": (WARM, "/metrics", {"x-api-key": ALICE}, TINY, 404, "not_found"),
    "a path that leaves /v1": (WARM, "/v1/../metrics", {"x-api-key": ALICE}, TINY, 404, "not_found"),
    "the same, escaped": (WARM, "/v1/..%2fmetrics", {"x-api-key": ALICE}, TINY, 404, "not_found"),
    "the same, escaped twice": (WARM, "/v1/%2e%2e%2fmetrics", {"x-api-key": ALICE}, TINY, 404, "not_found"),
    "the same, below an id": (
        WARM,
        path_of("warm") + "/../../../metrics",
        {"x-api-key": ALICE},
        TINY,
        404,
        "not_found",
    ),
    "no model, shared host": (SHARED, CHAT, {"x-api-key": ALICE}, {}, 400, "bad_request"),
    "a model that is no text": (SHARED, CHAT, {"x-api-key": ALICE}, {"model": 7}, 400, "bad_request"),
    "a model like a pattern": (SHARED, CHAT, {"x-api-key": ALICE}, {"model": "*"}, 404, "model_not_found"),
    "a model with line ends": (SHARED, CHAT, {"x-api-key": ALICE}, {"model": "a\r\nb: c"}, 404, "model_not_found"),
    "stopped": (host_of("stopped"), CHAT, {"x-api-key": ALICE}, TINY, 503, "instance_stopped"),
    "stopped, without a key": (host_of("stopped"), CHAT, {}, TINY, 401, "missing_api_key"),
    "stopped, by model": (SHARED, CHAT, {"x-api-key": ALICE}, {"model": "ended"}, 503, "instance_stopped"),
}


async def test_who_may_not_come_in_reads_why(gateway: Gateway, engine: Engine) -> None:
    """One gateway for the whole table; none of these reaches the engine."""
    for name, (host, path, headers, body, status, code) in REFUSED.items():
        async with gateway.client(host, **headers) as client:
            request = client.build_request("POST", path, json=body)
            request.url = request.url.copy_with(raw_path=path.encode())  # httpx would normalize it
            answer = await client.send(request)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json"), name
        assert answer.json()["error"]["code"] == code, name
        assert answer.json()["error"].keys() == {"message", "type", "param", "code"}, name
        assert answer.headers["x-request-id"], name
    assert engine.seen == []


async def test_keys_of_every_length_are_hashed_right(gateway: Gateway) -> None:
    """SHA-256 works on blocks of 64 bytes: the edges are where an implementation errs."""
    keys = {f"k{size}": "k" * size for size in (1, 7, 54, 55, 56, 57, 63, 64, 65, 118, 119, 120, 128, 511, 512)}
    gateway.put(*(api_key(name) for name in keys), *(key_hash(name, key) for name, key in keys.items()))
    gateway.put(instance("warm", apiKeys=[*keys, "alice"]))

    async def refused() -> list[str]:
        statuses = {}
        async with gateway.client(WARM) as client:
            for name, key in keys.items():
                statuses[name] = (await client.post(CHAT, json=TINY, headers={"x-api-key": key})).status_code
        return [name for name, status in statuses.items() if status != 200]

    async def none_refused() -> bool:
        return await refused() == []

    await eventually(none_refused, within=3)


async def test_the_same_header_twice_is_no_key(gateway: Gateway) -> None:
    for header, values in (("x-api-key", (ALICE, ALICE)), ("authorization", (f"Bearer {ALICE}", f"Bearer {ALICE}"))):
        headers = [(header, value) for value in values]
        async with gateway.client(WARM) as client:
            answer = await client.post(CHAT, json=TINY, headers=headers)
        assert answer.status_code == 401, header


async def test_the_openai_client_raises_its_own_exceptions(gateway: Gateway) -> None:
    cases = (
        (WARM, "sk-no", openai.AuthenticationError, "invalid_api_key"),
        (WARM, BOB, openai.PermissionDeniedError, "key_not_allowed"),
        (host_of("stopped"), ALICE, openai.InternalServerError, "instance_stopped"),
    )
    for host, key, expected, code in cases:
        async with gateway.openai(host, key) as client:
            with pytest.raises(expected) as caught:
                await client.chat.completions.create(model="Tiny/Chat-1", messages=HELLO)
            assert caught.value.code == code
    async with gateway.openai(SHARED, ALICE) as client:
        with pytest.raises(openai.NotFoundError) as unknown:
            await client.chat.completions.create(model="gpt-9", messages=HELLO)
    assert unknown.value.code == "model_not_found"
    assert "`gpt-9`" in unknown.value.message


async def test_an_error_of_the_engine_passes_unchanged(gateway: Gateway) -> None:
    cases = ((400, openai.BadRequestError), (429, openai.RateLimitError), (500, openai.InternalServerError))
    async with gateway.openai(WARM, ALICE) as client:
        for status, expected in cases:
            with pytest.raises(expected) as caught:
                await client.chat.completions.create(model="x", messages=HELLO, extra_body={"status": status})
            assert caught.value.code == "engine_code"


async def test_a_stopped_instance_is_not_asked_again_by_the_openai_client(gateway: Gateway) -> None:
    async with gateway.client(host_of("stopped"), ALICE) as client:
        answer = await client.post(CHAT, json=TINY)
    assert answer.headers["retry-after"] == "60"
    assert answer.headers["x-should-retry"] == "false"


async def test_the_engine_sees_no_key_and_no_header_of_a_caller_that_is_ours(gateway: Gateway, engine: Engine) -> None:
    spoofed = {
        "authorization": f"Bearer {ALICE}",
        "x-client-id": "team/root",
        "x-vhost": "h:other",
        "x-key-hash": "0" * 64,
        "x-prefix-hash": "1",
        "x-envoy-max-retries": "9",
        "x-envoy-upstream-rq-timeout-ms": "1",
        "x_client_id": "team/root",
    }
    async with gateway.client(WARM, ALICE, **spoofed) as client:
        answer = await client.post(CHAT, json={**TINY, "delay": 0.05})
    assert answer.status_code == 200
    headers = {name.lower(): value for name, value in engine.seen[-1]["headers"].items()}
    assert ALICE not in str(engine.seen[-1])
    assert digest(ALICE) not in str(engine.seen[-1])
    assert headers.keys().isdisjoint({"authorization", "x-api-key", *spoofed.keys()} - {"x-client-id"})
    assert headers["x-client-id"] == "team/alice"


async def test_a_revoked_key_stops_within_a_second_and_leaves_open_streams_alone(gateway: Gateway) -> None:
    async def status() -> int:
        async with gateway.client(WARM, ALICE) as client:
            return (await client.post(CHAT, json=TINY)).status_code

    body = {**TINY, "stream": True, "chunks": 8, "pause": 0.1}
    async with gateway.client(WARM, ALICE) as client, client.stream("POST", CHAT, json=body) as stream:
        lines = stream.aiter_lines()
        await anext(lines)
        gateway.put(api_key("alice", disabled=True))

        async def refused() -> bool:
            return await status() == 401

        await eventually(refused, within=1, interval=0.01)
        assert [line async for line in lines][-2] == "data: [DONE]"
    gateway.put(api_key("alice"))

    async def admitted() -> bool:
        return await status() == 200

    await eventually(admitted, within=1, interval=0.01)


async def test_a_key_expires_to_the_second(gateway: Gateway) -> None:
    expiry = datetime.now(UTC) + timedelta(seconds=1.5)
    gateway.put(api_key("alice", expiresAt=expiry.isoformat()))
    async with gateway.client(WARM, ALICE) as client:
        while (answer := await client.post(CHAT, json=TINY)).status_code == 200:
            assert datetime.now(UTC) < expiry + timedelta(seconds=PATIENCE)
    assert answer.status_code == 401
    assert datetime.now(UTC) >= expiry


async def test_two_keys_with_one_secret_open_what_either_opens(gateway: Gateway) -> None:
    gateway.put(api_key("twin"), key_hash("twin", ALICE), instance("second", apiKeys=["twin"], stopped=True))

    async def both() -> bool:
        statuses = []
        for name in ("warm", "second"):
            async with gateway.client(host_of(name), ALICE) as client:
                statuses.append((await client.post(CHAT, json=TINY)).status_code)
        return statuses == [200, 503]

    await eventually(both, within=2)


async def test_namespaces_may_serve_the_same_model_name(gateway: Gateway, engine: Engine) -> None:
    gateway.put(instance("theirs", namespace=ELSEWHERE, apiKeys=["eve"], stopped=True))

    async def apart() -> bool:
        statuses = []
        for key in (ALICE, EVE):
            async with gateway.client(SHARED, key) as client:
                statuses.append((await client.post(CHAT, json=TINY)).status_code)
        return statuses == [200, 503]

    await eventually(apart, within=2)
    assert engine.seen[-1]["headers"]["x-client-id"] == "team/alice"

"""Many instances: a change is worked out, sent and taken for itself. How fast that is: bench/gateway/scale.py."""

from collections import Counter
from typing import Any

import pytest

from inferops.control.stream import Stream
from inferops.gateway.resources import SCOPE, SHORT_NAMES, VIRTUAL_HOST
from inferops.names import Manifest, instance_id
from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, SHARED, Gateway, host_of
from tests.gateway.objects import ALICE, NAMESPACE, api_key, endpoint_slice, instance, key_hash
from tests.support.eventually import eventually

COUNT = 300


def fleet(number: int, engine: Engine) -> list[Manifest]:
    """An instance with a key of its own."""
    name = f"many-{number:03}"
    return [
        instance(name, model=None, image="example.com/engine:1", containerPort=80, apiKeys=[name]),
        api_key(name),
        key_hash(name, f"sk-{name}"),
        endpoint_slice(name, (engine.address, engine.port, True)),
    ]


class Sent(Counter[str]):
    """How many resources of each kind the gateways were sent."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        respond = Stream._response

        def counted(stream: Stream, kind: str, *rest: Any) -> Any:
            response = respond(stream, kind, *rest)
            self[kind] += len(response.resources) + len(response.removed_resources)
            return response

        monkeypatch.setattr(Stream, "_response", counted)

    async def become(self, **expected: int) -> None:
        """Wait until so many were sent since the last time, and no others; by short name of the kind."""

        def told() -> dict[str, int]:
            return {SHORT_NAMES[kind].replace(" ", "_"): count for kind, count in self.items()}

        await eventually(lambda: told() == expected)
        self.clear()


async def status(gateway: Gateway, name: str, key: str, **body: str) -> int:
    async with gateway.client(SHARED if body else host_of(name), key) as client:
        return (await client.post(CHAT, json=body)).status_code


async def test_a_change_among_many_sends_what_it_changes(
    idle_gateway: Gateway, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway, sent = idle_gateway, Sent(monkeypatch)
    for number in range(COUNT):
        gateway.put(*fleet(number, engine))
    last, new = f"many-{COUNT - 1:03}", f"many-{COUNT:03}"
    async with gateway.control(), gateway.envoy():
        for name in (last, "many-000", "many-150"):
            assert await status(gateway, name, f"sk-{name}") == 200
            assert await status(gateway, name, f"sk-{name}", model=name) == 200, "by its model name on the shared host"
            assert await status(gateway, name, ALICE) == 403
        assert sent[VIRTUAL_HOST] >= COUNT
        sent.clear()

        gateway.put(endpoint_slice(last, ("127.0.0.2", engine.port, True)))
        await sent.become(endpoints=1)

        gateway.put(instance(last, model=None, image="x.test/y:1", containerPort=80, auth="None"))
        await sent.become(virtual_hosts=1)

        gateway.put(api_key("many-007", disabled=True))
        await sent.become(extensions=2, virtual_hosts=1)
        assert await status(gateway, "many-007", "sk-many-007") == 401

        gateway.put(*fleet(COUNT, engine))

        async def answers() -> bool:
            return await status(gateway, new, f"sk-{new}") == 200

        await eventually(answers)
        assert sent[SCOPE] == 3, "host, id and model name"

        gateway.drop(instance(new))
        await eventually(lambda: gateway.plane.snapshot.of(SCOPE).get(f"i:{instance_id(NAMESPACE, new)}") is None)

        async def unknown() -> bool:
            return await status(gateway, new, ALICE) == 404

        await eventually(unknown)


async def test_names_are_the_same_in_capitals(gateway: Gateway) -> None:
    """Scopes are found letter by letter: the scripts make small ones of all."""
    async with gateway.client(host_of("warm").upper(), ALICE) as client:
        assert (await client.post(CHAT, json={})).status_code == 200
    async with gateway.client(SHARED, ALICE) as client:
        assert (await client.post(CHAT, json={"model": "TINY/CHAT-1"})).status_code == 200
        path = f"/v2/{instance_id(NAMESPACE, 'warm').upper()}/openai{CHAT}"
        assert (await client.post(path, json={})).status_code == 200

"""The gateway's own pods: their end, their certificates, and what they let others reach."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.e2e.test_traffic import WarmTraffic, stream
from tests.e2e.world import SYSTEM, World, eventually, instance


@pytest.mark.destructive
@pytest.mark.usefixtures("local")
def test_a_rollout_of_the_gateway_loses_no_request_and_cuts_no_stream(world: World) -> None:
    world.apply(instance("chat"))
    status, key = world.wait_phase("chat", "ACTIVE"), world.key("e2e")
    world.wait_routable(status, key)
    before = world.pod_of("gateway")
    with ThreadPoolExecutor(1) as pool, ExitStack() as stack:
        traffic = [stack.enter_context(WarmTraffic(status, key)) for _ in range(4)]
        streamed = pool.submit(stream, world, status, key, 300, "100ms")
        world.target.kubectl("-n", SYSTEM, "rollout", "restart", "deployment/inferops-gateway")
        world.target.kubectl("-n", SYSTEM, "rollout", "status", "deployment/inferops-gateway", "--timeout=120s")
        assert not streamed.done(), "the stream outlasts the rollout"
        assert len(streamed.result()) == 300
        eventually(lambda: before not in pods(world), within=60)
    assert [failure for each in traffic for failure in each.seen] == []
    assert sum(each.answered for each in traffic) > 500


def pods(world: World) -> list[str]:
    """The gateway's pods, those that end too."""
    listed = world.target.kubectl(
        *("-n", SYSTEM, "get", "pods", "-l", "app.kubernetes.io/component=gateway", "-o", "name")
    )
    return [line.removeprefix("pod/") for line in listed.split()]

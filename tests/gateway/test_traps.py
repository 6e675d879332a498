"""Eleven ways to break the gateway that nobody sees in the code: each has a test that fails where its guard is gone.

1   bounded-load hashing reads a gauge      test_control: the load of each replica is kept for prefix hash
2   a changed cluster waits for endpoints   here
3   versions are contents, not numbers      here; test_control: a control that comes back changes nothing
4   an incomplete control takes away        here
5   draining replicas stay listed           test_hold: a draining replica finishes its stream and gets nothing new
6   idle clusters are reported as well      here
7   a cold cluster is not empty             test_control: no request fails when control is killed and comes back
8   modules that hide others                here
9   what xds-protos lacks                   here (refresh_cluster_on_retry), test_limits (x-ratelimit-*, retry-after)
10  a changed limit refills no other        test_limits: a changed limit gives no fresh minute
11  each held request is one to control     here; test_hold: waiting outlasts the patience of the listener
"""

import asyncio
import json
from importlib.util import find_spec

import httpx
from kubernetes.client import Configuration

from inferops.cluster.connection import Connection
from inferops.control.plane import ControlPlane
from inferops.control.process import ControlProcess
from inferops.names import instance_id
from inferops.settings import GatewaySettings, ScalerSettings, Settings
from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, Gateway, host_of
from tests.gateway.objects import ALICE, DOMAIN, NAMESPACE, endpoint_slice, instance
from tests.support.eventually import eventually

WARM_ID = instance_id(NAMESPACE, "warm")
WARMING = 2.0
"""Seconds; without its endpoints a changed cluster waits 15."""
ENVOYS_OWN_LIMIT = 1024
"""Requests to one cluster at once, where nothing else is said."""
MANY = 1100


async def status(gateway: Gateway, host: str) -> int:
    async with gateway.client(host, ALICE) as client:
        return (await client.post(CHAT, json={})).status_code


async def read_admin(gateway: Gateway, path: str) -> str:
    async with gateway.client("admin") as client:
        return (await client.get(f"http://127.0.0.1:{gateway.admin_port}{path}")).text


async def test_a_changed_cluster_acts_at_once(gateway: Gateway) -> None:
    """Trap 2."""

    async def balanced_by_prefix() -> bool:
        clusters = json.loads(await read_admin(gateway, "/config_dump?resource=dynamic_active_clusters"))["configs"]
        warm = next(each["cluster"] for each in clusters if each["cluster"]["name"] == WARM_ID)
        return bool(warm["lb_policy"] == "RING_HASH")

    assert not await balanced_by_prefix()
    gateway.put(instance("warm", apiKeys=["alice"], loadBalancing="PrefixHash"))
    await eventually(balanced_by_prefix, within=WARMING)
    assert await status(gateway, host_of("warm")) == httpx.codes.OK


async def test_what_changed_while_control_was_away_is_known_after_its_return(idle_gateway: Gateway) -> None:
    """Trap 3: a control that counts its versions begins again, and repeats numbers."""
    gateway = idle_gateway
    async with gateway.envoy(wait=False):
        async with gateway.control():
            await eventually(gateway.is_ready)
            assert await status(gateway, host_of("warm")) == httpx.codes.OK
        gateway.plane = ControlPlane(gateway.settings, gateway.stores)
        gateway.put(instance("warm", apiKeys=["bob"]))
        async with gateway.control():
            await eventually(lambda: is_refused(gateway))


async def is_refused(gateway: Gateway) -> bool:
    return await status(gateway, host_of("warm")) == httpx.codes.FORBIDDEN


async def test_control_answers_nobody_before_it_has_read_everything(idle_gateway: Gateway) -> None:
    """Trap 4: Envoy says what it has, and would lose what control has not read yet. Here one kind is late."""
    gateway = idle_gateway
    ports = {"xds_port": gateway.xds_port, "domain": DOMAIN}
    settings = Settings(gateway=GatewaySettings(**ports), scaler=ScalerSettings(port=gateway.scaler_port))
    process = ControlProcess(settings, Connection("http://127.0.0.1:1", Configuration()), identity="first")
    process._leading.set()
    *others, late = process._reflectors
    for reflector in others:
        reflector.synced.set()
    process._start(process._lead_once())
    try:
        await asyncio.sleep(0.5)
        assert not process.plane.serving
        late.synced.set()
        await eventually(lambda: process.plane.serving)
    finally:
        await process._stop()
        process._lease._own_loop.close()  # its thread never ran


async def test_reports_of_idle_instances_make_nobody_busy(gateway: Gateway) -> None:
    """Trap 6: Envoy reports clusters without requests too."""
    activity = gateway.plane.activity
    asked, idle = activity.of(instance_id(NAMESPACE, "open")), activity.of(WARM_ID)
    await eventually(lambda: bool(activity.gateways), within=20)
    quiet_since = idle.last_end

    async def reported() -> bool:
        return await status(gateway, host_of("open")) == httpx.codes.OK and bool(asked.issued)

    await eventually(reported, interval=0.5)
    assert not idle.issued
    assert not idle.busy
    assert idle.last_end == quiet_since < asked.last_end


def test_no_module_of_ours_hides_one_that_it_needs() -> None:
    """Trap 8."""
    for name in ("xds.type.v3.typed_struct_pb2", "envoy.config.cluster.v3.cluster_pb2"):
        spec = find_spec(name)
        assert spec
        assert spec.origin
        assert "site-packages" in spec.origin, name


async def test_a_retry_leaves_the_cluster_that_failed(gateway: Gateway) -> None:
    """Trap 9: the field goes as raw bytes, which say nothing where they are wrong."""
    dump = await read_admin(gateway, "/config_dump")
    assert '"refresh_cluster_on_retry": true' in dump


async def test_more_than_a_thousand_requests_wait_at_once(gateway: Gateway, engine: Engine) -> None:
    """Trap 11."""
    limits = {"holdTimeout": 60, "maxHeldRequests": 2 * MANY}
    gateway.put(instance("cold", model="sleepy", apiKeys=["alice"], limits=limits))
    gate = gateway.plane.activator.gates[instance_id(NAMESPACE, "cold")]
    await eventually(lambda: gate.held_requests == 2 * MANY)
    waiting = [asyncio.create_task(ask_alone(gateway.port, host_of("cold"))) for _ in range(MANY)]
    await eventually(lambda: gate.held > ENVOYS_OWN_LIMIT, within=30)
    gateway.put(endpoint_slice("cold", (engine.address, engine.port, True)))
    assert set(await asyncio.gather(*waiting)) == {b"HTTP/1.1 200 OK\r\n"}


async def ask_alone(port: int, host: str) -> bytes:
    """The first line of the answer, on a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /v1/x HTTP/1.1\r\nhost: {host}\r\nx-api-key: {ALICE}\r\nconnection: close\r\n\r\n".encode())
    line = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return line


async def test_nobody_says_who_calls_but_the_gateway(gateway: Gateway, engine: Engine) -> None:
    """An instance for everybody knows no client: what a caller claims to be must not reach its engine."""
    async with gateway.client(host_of("open"), **{"x-client-id": "team/root"}) as client:
        assert (await client.post(CHAT, json={})).status_code == httpx.codes.OK
    assert "team/root" not in str(engine.seen[-1]["headers"])

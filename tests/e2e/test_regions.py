"""One instance in two regions: each has its own nodes, replicas and troubles, and the instance has one address.

Both regions are the same node here, by labels that the test gives it.
"""

import json
import zlib
from collections.abc import Iterator

import httpx
import pytest

from dev.target import Target
from inferops.names import region_name
from tests.e2e.scaling import Trickle, build_scale, scalable
from tests.e2e.test_triggers import EXPORTER, Streams, install_gpus
from tests.e2e.world import Manifest, World, eventually, instance, resource


class Regions:
    """Two of the test's own; `nodes` says whether one has any."""

    def __init__(self, target: Target, world: World) -> None:
        self._target, self._world = target, world
        self.names = [f"{world.namespace}-{letter}" for letter in "ab"]
        for name in self.names:
            number = zlib.crc32(name.encode()) >> 1
            world.apply(resource("Region", name, id=number, nodeSelector={f"test.inferops.dev/{name}": "here"}))
            self.nodes(name, there=True)

    def nodes(self, region: str, *, there: bool) -> None:
        """Give the node the region's label, or take it away: pods that run go on."""
        self._target.kubectl("label", "nodes", "--all", f"test.inferops.dev/{region}{'=here' if there else '-'}")

    def replicas(self, name: str) -> list[int]:
        """What the Deployments of an instance ask for, by region; -1: there is none."""
        found = [self._world.get("deployment", self.workload(name, region)) for region in self.names]
        return [each["spec"]["replicas"] if each else -1 for each in found]

    def workload(self, name: str, region: str) -> str:
        return region_name(self._world.namespace, name, region)

    def scales(self, *scales: Manifest) -> list[Manifest]:
        """`spec.regions`."""
        return [{"region": region, "scale": scale} for region, scale in zip(self.names, scales, strict=False)]

    def status(self, name: str) -> dict[str, Manifest]:
        """`status.regions` by name."""
        return {each["region"]: each for each in self._world.status(name).get("regions", [])}

    def remove(self) -> None:
        for name in self.names:
            self.nodes(name, there=False)
            self._target.kubectl("delete", "region", name)


@pytest.fixture
def regions(local: Target, world: World) -> Iterator[Regions]:
    made = Regions(local, world)
    yield made
    made.remove()


def change(world: World, name: str, **spec: object) -> None:
    world.kubectl("patch", "inf", name, "--type=merge", "-p", json.dumps({"spec": spec}))


def test_each_region_scales_by_its_own_triggers_between_its_own_bounds(world: World, regions: Regions) -> None:
    calm, busy = build_scale(most=3), build_scale(least=1, most=3, rate=5)
    both = regions.scales(calm, busy)
    world.apply(instance("chat", regions=both, podLifetime=30, rollout={"drainSeconds": 1}))
    status, key = world.wait_phase("chat", "ACTIVE"), world.key("e2e")
    assert regions.replicas("chat") == [0, 1]
    world.wait_routable(status, key)
    with Trickle(status, key, 0.1) as trickle:
        eventually(lambda: regions.replicas("chat") == [1, 3], within=120)
        assert trickle.seen == []
    eventually(lambda: regions.replicas("chat") == [0, 1], within=150)
    eventually(lambda: world.status("chat")["ready"] == "1/1")


def test_each_region_is_measured_by_its_own_gpus(world: World, regions: Regions) -> None:
    install_gpus(world)
    scale = {"min": 1, "max": 2, "cooldownPeriod": 15, "triggers": {"gpuUtilization": {"threshold": 80}}}
    world.apply(instance("gpus", "e2e-gpu-engine", regions=regions.scales(scale, scale)))
    world.wait_routable(world.wait_phase("gpus", "ACTIVE", within=120), world.key("e2e"))
    busy = f"{EXPORTER}/{world.namespace}/{regions.workload('gpus', regions.names[1])}"
    httpx.put(busy, json={"utilization": 160}).raise_for_status()
    with Streams(world, "gpus", 1):
        eventually(lambda: regions.replicas("gpus") == [1, 2], within=120)


def test_a_region_whose_nodes_are_gone_is_told_and_the_other_one_answers(world: World, regions: Regions) -> None:
    first, second = regions.names
    world.apply(instance("chat", regions=regions.scales(build_scale(least=1), build_scale(least=1))))
    status, key = world.wait_phase("chat", "ACTIVE"), world.key("e2e")
    eventually(lambda: world.status("chat")["ready"] == "2/2", within=60)
    world.wait_routable(status, key)
    regions.nodes(second, there=False)
    with Trickle(status, key, 0.2) as trickle:
        world.kubectl("delete", "pods", "-l", f"inferops.dev/region={second}", "--wait=false")
        told = world.wait_phase("chat", "PARTIALLYDEPLOYED")
        assert told["ready"] == "1/2"
        eventually(lambda: second in regions.status("chat")[second].get("errorMessage", ""), within=30)
        assert "errorMessage" not in regions.status("chat")[first]
        answered = trickle.answered
        eventually(lambda: trickle.answered > answered + 5, within=30)
        regions.nodes(second, there=True)
        world.wait_phase("chat", "ACTIVE", within=120)
        assert trickle.seen == []


def test_a_region_without_room_is_told_though_another_one_answers(world: World, regions: Regions) -> None:
    first, second = regions.names
    regions.nodes(second, there=False)
    world.apply(instance("chat", regions=regions.scales(build_scale(least=1)), podLifetime=1))
    world.wait_phase("chat", "ACTIVE")
    scalable(world, "chat")
    # the other one comes when the instance is idle: who starts in one region wakes in all
    change(world, "chat", regions=regions.scales(build_scale(least=1), build_scale()))
    eventually(lambda: world.condition("chat", "Scalable").get("reason") == "NoCapacity", within=60)
    assert second in regions.status("chat")[second]["errorMessage"]
    assert "errorMessage" not in regions.status("chat")[first]
    regions.nodes(second, there=True)
    eventually(lambda: world.condition("chat", "Scalable").get("status") == "True", within=60)


def test_a_stop_ends_both_regions_and_a_start_begins_with_the_minimum_of_each(world: World, regions: Regions) -> None:
    both = regions.scales(build_scale(least=1), build_scale(least=2, most=2))
    world.apply(instance("chat", regions=both, rollout={"drainSeconds": 1}))
    eventually(lambda: world.status("chat").get("ready") == "3/3", within=90)
    change(world, "chat", stopped=True)
    eventually(lambda: regions.replicas("chat") == [0, 0], within=15)
    world.wait_phase("chat", "DISABLED")
    change(world, "chat", stopped=False)
    eventually(lambda: regions.replicas("chat") == [1, 2], within=30)
    eventually(lambda: world.status("chat").get("ready") == "3/3", within=90)


def test_a_region_that_is_taken_out_goes_with_all_that_is_its_own(world: World, regions: Regions) -> None:
    both = regions.scales(build_scale(least=1), build_scale(least=1))
    world.apply(instance("chat", regions=both, rollout={"drainSeconds": 1}))
    eventually(lambda: world.status("chat").get("ready") == "2/2", within=90)
    status, key = world.status("chat"), world.key("e2e")
    world.wait_routable(status, key)
    first, second = (regions.workload("chat", name) for name in regions.names)
    with Trickle(status, key, 0.2) as trickle:
        change(world, "chat", regions=both[:1])
        owned = ("get", "deployments,scaledobjects,hpa,pods", "-o", "name")
        eventually(lambda: second not in world.kubectl(*owned), within=60)
        assert world.names("deployments") == world.names("scaledobjects") == [first]
        eventually(lambda: list(regions.status("chat")) == regions.names[:1], within=30)
        assert trickle.seen == []

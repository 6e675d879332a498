"""What pods hold of each node."""

from decimal import Decimal

from inferops.cluster.occupancy import Occupancy
from inferops.names import Manifest


def pod(name: str, gpus: int, node: str = "a", **metadata: str) -> Manifest:
    container = {"name": "c", "resources": {"limits": {"nvidia.com/gpu": gpus}}}
    return {
        "metadata": {"namespace": "n", "name": name, **metadata},
        "spec": {"nodeName": node, "containers": [container]},
    }


def held(occupancy: Occupancy, node: str = "a") -> tuple[int, int]:
    use = occupancy.use_of(node)
    return int(use.get("pods", 0)), int(use.get("nvidia.com/gpu", 0))


def test_pods_add_up_until_they_are_gone() -> None:
    occupancy = Occupancy()
    assert occupancy.put(pod("one", 2))
    assert occupancy.put(pod("two", 3))
    assert occupancy.put(pod("else", 1, "b"))
    assert (held(occupancy), held(occupancy, "b")) == ((2, 5), (1, 1))
    occupancy.drop("n", "one", pod("one", 2))
    occupancy.drop("n", "never seen")
    assert held(occupancy) == (1, 3)
    occupancy.drop("n", "two")
    assert occupancy.use_of("a") == {}


def test_a_pod_that_holds_what_it_held_is_no_news() -> None:
    occupancy = Occupancy()
    assert occupancy.put(pod("one", 2))
    before = occupancy.use_of("a")
    assert not occupancy.put(pod("one", 2, resourceVersion="2", deletionTimestamp="2026-01-01T00:00:00Z"))
    assert occupancy.use_of("a") is before, "it ends, and holds its GPUs till it is gone"
    assert occupancy.put(pod("one", 1))
    assert held(occupancy) == (1, 1)
    assert before["nvidia.com/gpu"] == Decimal(2), "what somebody remembers does not change"


def test_a_namesake_on_another_node_takes_its_place() -> None:
    occupancy = Occupancy()
    occupancy.put(pod("web-0", 2))
    occupancy.put(pod("web-0", 2, "b"))
    assert (held(occupancy), held(occupancy, "b"), len(occupancy)) == ((0, 0), (1, 2), 1)


def test_a_list_says_which_are_gone() -> None:
    occupancy = Occupancy()
    for name in ("one", "two", "three"):
        occupancy.put(pod(name, 1))
    gone = occupancy.retain({("n", "two")}, "7")
    assert sorted(each["metadata"]["name"] for each in gone) == ["one", "three"]
    assert held(occupancy) == (1, 1)

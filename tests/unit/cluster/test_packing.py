"""Packing: what comes out is what went in, and takes a fraction of the room."""

import orjson
import pytest

from inferops.cluster.packing import Deflated, Packing, Plain
from inferops.names import Manifest


def build_object(number: int, bulk: str = "") -> Manifest:
    labels = {"app.kubernetes.io/managed-by": "inferops", "app.kubernetes.io/instance": f"chat-{number}"}
    spec = {"replicas": number, "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": f"chat-{number}"},
        "spec": spec,
        "b": bulk,
    }


@pytest.mark.parametrize("packing", [Plain(), Deflated()])
def test_what_was_packed_comes_out_as_it_was(packing: Packing) -> None:
    objects = [build_object(number, "ä" * 20_000 * (number == 1)) for number in range(4)]
    packed = [packing.pack(obj) for obj in objects]
    assert [packing.unpack(each) for each in packed] == objects


def test_objects_that_are_alike_take_a_third_of_their_json_at_most() -> None:
    packing = Deflated()
    packing.pack(build_object(1))
    assert len(packing.pack(build_object(2))) < len(orjson.dumps(build_object(2))) / 3


def test_each_caller_gets_a_copy_of_its_own() -> None:
    packing = Deflated()
    packed = packing.pack(build_object(1))
    packing.unpack(packed)["spec"]["replicas"] = 7
    assert packing.unpack(packed)["spec"]["replicas"] == 1

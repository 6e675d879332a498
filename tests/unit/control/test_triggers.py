"""What KEDA says of a trigger, and what others may say who reach the port."""

import pytest

from inferops.control.proto import externalscaler_pb2 as pb
from inferops.control.triggers import read_trigger

GIVEN = {"metric": "gpuMemory", "instance": "chat-12345678", "target": "80"}


def reference(namespace: str = "team", name: str = "chat-12345678-eu", **metadata: str) -> pb.ScaledObjectRef:
    return pb.ScaledObjectRef(name=name, namespace=namespace, scalerMetadata=GIVEN | metadata)


def test_the_names_of_objects_are_taken() -> None:
    trigger = read_trigger(reference())
    assert (trigger.namespace, trigger.workload, trigger.instance) == ("team", "chat-12345678-eu", "chat-12345678")
    assert not trigger.wakes


@pytest.mark.parametrize(
    "name", ['x"} or vector(1) or up{a="', "a\nb", "..", "a b", "UPPER", "", "a" * 254, "a{}", "a|b"]
)
def test_what_is_no_name_never_becomes_part_of_a_query(name: str) -> None:
    for field in ("namespace", "name", "instance"):
        with pytest.raises(ValueError, match=field):
            read_trigger(reference(**{field: name}))

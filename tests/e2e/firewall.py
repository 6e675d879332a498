"""NetworkPolicies enforced as a network plugin does it, which the local cluster lacks: real packets between pods pass
rules of the kernel that follow from the policies and pods of this moment.

Of policies it knows what ours have: ingress and egress, label selectors and ports. From the node everything passes.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dev.cluster.layout import read_layout
from dev.target import Target

Manifest = dict[str, Any]
CHAIN = "KUBE-POLICY"
"""Chains of this prefix go with the local cluster, also where a test could not remove them."""
CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)"


@contextmanager
def enforce_policies(target: Target, *namespaces: str) -> Iterator[None]:
    """Those of the namespaces. Other pods than those of now are as free as without them."""
    policies = [each for namespace in namespaces for each in read_all(target, "networkpolicies", "-n", namespace)]
    pods = [pod for pod in read_all(target, "pods", "-A") if pod["status"].get("podIP")]
    rules = list(build_rules(policies, pods))
    chains = sorted({rule.split()[1] for rule in rules})
    restore([*(f":{chain} - [0:0]" for chain in chains), *rules, f"-I FORWARD -j {CHAIN}"])
    try:
        yield
    finally:
        gone = [f"-{verb} {chain}" for verb in "FX" for chain in chains]
        restore([f"-D FORWARD -j {CHAIN}", *gone])


def read_all(target: Target, kind: str, *where: str) -> list[Manifest]:
    """Objects of a kind."""
    return list(json.loads(target.kubectl("get", kind, *where, "-o", "json"))["items"])


def restore(rules: Iterable[str]) -> None:
    """All or nothing."""
    text = "\n".join(["*filter", *rules, "COMMIT", ""])
    subprocess.run(["/usr/sbin/iptables-restore", "--noflush"], input=text, text=True, check=True)


def build_rules(policies: list[Manifest], pods: list[Manifest]) -> Iterator[str]:
    """Rules of iptables: answers pass, and a pod that policies choose takes (or sends) what one of them allows."""
    yield f"-A {CHAIN} -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN"
    for number, pod in enumerate(pods):
        ours = [each for each in policies if chooses(each, pod)]
        for kind, here, there, peers in (("Ingress", "-d", "-s", "from"), ("Egress", "-s", "-d", "to")):
            strict = [each for each in ours if kind in each["spec"]["policyTypes"]]
            if not strict:
                continue
            chain = f"{CHAIN}-{kind.upper()}-{number}"
            yield f"-A {CHAIN} {here} {pod['status']['podIP']} -j {chain}"
            neighbours = [each for each in pods if space_of(each) == space_of(pod)]
            for rule in (rule for each in strict for rule in each["spec"].get(kind.lower(), [])):
                for peer in build_peers(rule.get(peers), neighbours, pods, there):
                    yield from (f"-A {chain} {peer}{port} -j RETURN" for port in build_ports(rule.get("ports"), pod))
            yield f"-A {chain} -j REJECT"


def chooses(policy: Manifest, pod: Manifest) -> bool:
    """Whether the policy is about the pod."""
    return space_of(policy) == space_of(pod) and has_labels(pod, policy["spec"]["podSelector"])


def has_labels(pod: Manifest, selector: Manifest) -> bool:
    """Whether a selector, of labels alone, chooses the pod."""
    assert selector.keys() <= {"matchLabels"}, selector
    return bool(selector.get("matchLabels", {}).items() <= pod["metadata"].get("labels", {}).items())


def build_peers(
    peers: list[Manifest] | None, neighbours: list[Manifest], pods: list[Manifest], side: str
) -> Iterator[str]:
    """Addresses as iptables chooses them; without peers all. Without a namespace pods are of the policy's."""
    if peers is None:
        yield ""
    for peer in peers or []:
        assert peer.keys() <= {"namespaceSelector", "podSelector"}, peer
        those = neighbours
        if there := peer.get("namespaceSelector"):
            those = [pod for pod in pods if space_of(pod) == there["matchLabels"]["kubernetes.io/metadata.name"]]
        yield from (
            f"{side} {pod['status']['podIP']} " for pod in those if has_labels(pod, peer.get("podSelector", {}))
        )


def space_of(obj: Manifest) -> str:
    """Its namespace."""
    return str(obj["metadata"]["namespace"])


def build_ports(ports: list[Manifest] | None, pod: Manifest) -> Iterator[str]:
    """Ports as iptables chooses them; names are those of the pod's containers. Without ports all."""
    containers = [*pod["spec"]["containers"], *pod["spec"].get("initContainers", [])]
    named = {port["name"]: port["containerPort"] for each in containers for port in each.get("ports", [])}
    for port in ports or []:
        number = named[port["port"]] if isinstance(port["port"], str) else port["port"]
        yield f"-p {port.get('protocol', 'TCP').lower()} --dport {number}"
    if ports is None:
        yield ""


def can_reach(source: str, address: str, port: int) -> bool:
    """Whether the pod with the address `source` can open a connection."""
    enter = ["nsenter", f"--net={find_network(source)}"]
    done = subprocess.run([*enter, sys.executable, "-c", CONNECT, address, str(port)], capture_output=True, check=False)
    return done.returncode == 0


def find_network(address: str) -> Path:
    """A pod's network namespace."""
    for path in (read_layout().run / "containerd").glob("*/netns/cni-*"):
        show = ["nsenter", f"--net={path}", "ip", "-4", "-brief", "address"]
        if f" {address}/" in subprocess.run(show, capture_output=True, text=True, check=False).stdout:
            return path
    raise AssertionError(f"no pod of this machine has the address {address}")

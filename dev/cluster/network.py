"""The host's side of the network: the bridge, the kernel's settings, and the sweep that removes every rule of ours."""

import json
import re
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from dev.cluster.layout import BRIDGE, NODE_IP, SERVICE_CIDR, Layout

# Chains that kubelet, kube-proxy and the CNI plugins make; nothing else uses these prefixes.
OUR_CHAIN = re.compile(r"(?:^:|-[jg] )((?:KUBE|CNI)-\S+)")
# What we, kubelet and kube-proxy set; `down` puts the old values back.
REQUIRED_SYSCTLS = {"net/ipv4/ip_forward": "1", "net/bridge/bridge-nf-call-iptables": "1"}
CHANGED_SYSCTLS = (
    *REQUIRED_SYSCTLS,
    "net/ipv4/conf/all/route_localnet",
    "vm/overcommit_memory",
    "kernel/panic",
    "kernel/panic_on_oops",
)


def make_bridge() -> bool:
    """Make the bridge and give it the node's address; False if it was there."""
    existed = Path(f"/sys/class/net/{BRIDGE}").exists()
    if not existed:
        run_ip("link", "add", BRIDGE, "type", "bridge")
    run_ip("addr", "replace", f"{NODE_IP}/24", "dev", BRIDGE)
    run_ip("link", "set", BRIDGE, "up")
    # kube-proxy rewrites the address, but the kernel wants a route first: there may be no default one.
    run_ip("route", "replace", SERVICE_CIDR, "dev", BRIDGE)
    return not existed


def remove_bridge() -> None:
    """Remove the bridge; the pods' ends have gone with their network namespaces."""
    if Path(f"/sys/class/net/{BRIDGE}").exists():
        run_ip("link", "delete", BRIDGE)


def run_ip(*arguments: str) -> None:
    """One call of ip(8)."""
    subprocess.run(["/usr/sbin/ip", *arguments], check=True)


def set_sysctls(layout: Layout) -> None:
    """Set what pods need, and keep the values found at first for `down`."""
    with suppress(OSError):  # built into the kernel, or loaded
        subprocess.run(["/usr/sbin/modprobe", "--quiet", "br_netfilter"], check=False)
    saved = layout.state / "sysctls.json"
    if not saved.exists():
        paths = {name: Path("/proc/sys", name) for name in CHANGED_SYSCTLS}
        saved.write_text(json.dumps({name: path.read_text().strip() for name, path in paths.items() if path.exists()}))
    for name, value in REQUIRED_SYSCTLS.items():
        Path("/proc/sys", name).write_text(value)


def restore_sysctls(layout: Layout) -> None:
    """Put back what `set_sysctls` found."""
    saved = layout.state / "sysctls.json"
    if saved.exists():
        for name, value in json.loads(saved.read_text()).items():
            Path("/proc/sys", name).write_text(value)


def plan_sweep(rules: Iterable[str]) -> list[str]:
    """The `iptables-restore --noflush` input that removes our chains and every jump into them, and nothing else.

    Args:
        rules: lines of `iptables-save`.
    """
    plan: list[str] = []
    chains: list[str] = []
    for line in rules:
        if line.startswith("*"):
            plan.append(line)
            chains = []
        elif line == "COMMIT":
            plan += [f"-F {chain}" for chain in chains] + [f"-X {chain}" for chain in chains] + [line]
        elif found := OUR_CHAIN.search(line):
            if line.startswith(":"):
                chains.append(found[1])
            elif not line.startswith(("-A KUBE-", "-A CNI-")):
                plan.append(line.replace("-A ", "-D ", 1))
    return plan


def sweep_rules() -> None:
    """Remove our chains and rules, IPv4 and IPv6, each table in one transaction."""
    for family in ("iptables", "ip6tables"):
        saved = subprocess.run([f"/usr/sbin/{family}-save"], check=False, capture_output=True, text=True).stdout
        plan = plan_sweep(saved.splitlines())
        if any(line.startswith("-") for line in plan):
            text = "\n".join([*plan, ""])
            subprocess.run([f"/usr/sbin/{family}-restore", "--noflush"], input=text, text=True, check=True)

"""Nodes: who offers GPUs, and what of the catalog no node could ever take."""

from collections.abc import Iterator
from decimal import Decimal

from inferops.names import Manifest
from inferops.plan.diagnosis.placement import matches
from inferops.plan.doctor.room import check_room
from inferops.plan.doctor.survey import Survey
from inferops.plan.report import Line, failure, note, ok, warning
from inferops.specs.quantities import read_quantity

NVIDIA = "nvidia.com/gpu"
GPU_LABELS = {
    "nvidia.com/gpu.present": NVIDIA,
    "nvidia.com/gpu.product": NVIDIA,
    "feature.node.kubernetes.io/pci-10de.present": NVIDIA,
    "feature.node.kubernetes.io/pci-0302_10de.present": NVIDIA,
    "feature.node.kubernetes.io/pci-0300_10de.present": NVIDIA,
    "amd.com/gpu.device-id": "amd.com/gpu",
    "feature.node.kubernetes.io/pci-1002.present": "amd.com/gpu",
}
"""Labels of node feature discovery and of the vendors, and the resource that a node with one should offer."""
PRODUCT = "nvidia.com/gpu.product"
PLUGIN = "Install the GPU's device plugin (NVIDIA: the GPU operator) and its driver on: {}"


def check_nodes(survey: Survey) -> Iterator[Line]:
    """GPUs first, then catalog entries that match no node."""
    if blind := survey.blind("Node"):
        yield from blind
        return
    nodes = [node for node in survey.of("Node").objects if not (node.get("spec") or {}).get("unschedulable")]
    resources = sorted(gpu_resources(survey))
    for resource in resources:
        yield from check_gpus(resource, nodes)
    if not any(offer(node, resource) for node in nodes for resource in resources):
        yield note("GPUs", "no node offers any: only Hardware without gpu can run")
    yield from check_catalog(survey, nodes)
    yield from check_room(survey)


def gpu_resources(survey: Survey) -> set[str]:
    """Names of extended resources: NVIDIA's and what the catalog asks for."""
    named = {gpu_of(hardware).get("resourceName") or NVIDIA for hardware in survey.of("Hardware").objects}
    return {NVIDIA, *named}


def gpu_of(hardware: Manifest) -> Manifest:
    """What a Hardware says of its GPU."""
    found: Manifest = (hardware.get("spec") or {}).get("gpu") or {}
    return found


def check_gpus(resource: str, nodes: list[Manifest]) -> Iterator[Line]:
    """Who offers the resource, and who looks as if it should."""
    offering = [node for node in nodes if offer(node, resource)]
    for product in sorted({product_of(node) for node in offering}):
        some = [node for node in offering if product_of(node) == product]
        total = sum(offer(node, resource) for node in some)
        yield ok(resource, f"{total} on {len(some)} node{'s' if len(some) > 1 else ''}{product and f' ({product})'}")
    labels = [label for label, of in GPU_LABELS.items() if of == resource]
    silent = [node for node in nodes if node not in offering and any(label in labels_of(node) for label in labels)]
    if silent:
        names = ", ".join(node["metadata"]["name"] for node in silent)
        yield failure(resource, f"nodes have a GPU by their labels, and offer none: {names}", PLUGIN.format(names))


def check_catalog(survey: Survey, nodes: list[Manifest]) -> Iterator[Line]:
    """Hardware and Regions: an instance of one that no node matches never starts."""
    yield from survey.blind("Hardware", "Region", "Model")
    for region in survey.of("Region").objects:
        selector = (region.get("spec") or {}).get("nodeSelector") or {}
        if not any(matches(node, selector) for node in nodes):
            text = f"no node has its labels {shown(selector)}"
            yield warning(f"Region {region['metadata']['name']}", text, "Label nodes so, or correct its nodeSelector.")
    fitting = []
    for hardware in survey.of("Hardware").objects:
        if why := misfit(hardware, nodes):
            action = "Add such nodes, correct it, or take it out of the catalog."
            yield warning(f"Hardware {hardware['metadata']['name']}", f"no node could take it: {why}", action)
        else:
            fitting.append(hardware["metadata"]["name"])
    if fitting:
        yield ok("Hardware", f"nodes can take {', '.join(sorted(fitting))}")
    elif not survey.of("Hardware").objects and not survey.of("Hardware").refusal:
        yield warning("Hardware", "the catalog has none", "Set catalog.hardware in the chart's values.")


def misfit(hardware: Manifest, nodes: list[Manifest]) -> str:
    """What keeps one replica from every empty node; empty where a node would take it."""
    spec = hardware.get("spec") or {}
    selector, gpu = spec.get("nodeSelector") or {}, gpu_of(hardware)
    here = [node for node in nodes if matches(node, selector)]
    if not here:
        return f"none has its labels {shown(selector)}"
    wanted = {"cpu": spec.get("cpu"), "memory": spec.get("memory")}
    if gpu:
        wanted[gpu.get("resourceName") or NVIDIA] = gpu.get("count", 1)
    for node in here:
        if all(offer(node, resource) >= (read_quantity(amount) or 0) for resource, amount in wanted.items()):
            return ""
    best = {resource: max(offer(node, resource) for node in here) for resource in wanted}
    short = [name for name, amount in wanted.items() if best[name] < (read_quantity(amount) or 0)]
    return f"none offers {' and '.join(f'{wanted[name]} of {name}' for name in short or wanted)}"


def offer(node: Manifest, resource: str) -> Decimal:
    """How much a node has for pods."""
    allocatable = (node.get("status") or {}).get("allocatable") or {}
    return read_quantity(allocatable.get(resource, 0)) or Decimal(0)


def labels_of(node: Manifest) -> dict[str, str]:
    """Labels that say something: a `false` says that there is none."""
    labels = node["metadata"].get("labels") or {}
    return {name: value for name, value in labels.items() if value != "false"}


def product_of(node: Manifest) -> str:
    """The GPU's name, where the node tells."""
    return labels_of(node).get(PRODUCT, "")


def shown(selector: dict[str, str]) -> str:
    """A selector as kubectl takes it."""
    return ",".join(f"{name}={value}" for name, value in selector.items()) or "(any)"

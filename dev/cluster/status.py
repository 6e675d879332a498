"""What runs and what does not."""

from dev.cluster import addons, node
from dev.cluster.kubectl import Kubectl
from dev.cluster.layout import Layout
from dev.cluster.processes import read_running
from dev.cluster.programs import read_folder
from dev.cluster.teardown import DAEMONS


def report(layout: Layout) -> list[str]:
    """Print the state of each part; what is missing, in words."""
    missing: list[str] = []
    for name in DAEMONS:
        record = read_running(layout, name)
        print(f"{name:<26} {f'running, pid {record.pid}' if record else 'not running'}")
        if not record:
            missing.append(name)
    if "kube-apiserver" in missing:
        return missing
    kubectl = Kubectl(read_folder(layout) / "kubectl", layout.kubeconfig())
    found = node.read_node(kubectl)
    for what, fine in {"node Ready": node.is_ready(found), "GPUs offered": node.offers_gpus(found)}.items():
        print(f"{what:<26} {'yes' if fine else 'no'}")
        if not fine:
            missing.append(what)
    lacking = addons.read_missing(kubectl)
    print(f"{'KEDA and metrics API':<26} {'serving' if not lacking else 'missing: ' + ', '.join(lacking)}")
    return missing + lacking

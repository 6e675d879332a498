"""Questions to Prometheus about the GPUs of a Deployment's pods, as NVIDIA's DCGM exporter reports them.

MIG: an instance of a GPU has no DCGM_FI_DEV_GPU_UTIL, but DCGM_FI_PROF_GR_ENGINE_ACTIVE, a ratio. Time-slicing: the
values are of the whole GPU, and are labelled with each of its pods only with KUBERNETES_VIRTUAL_GPUS=true. A Prometheus
that does not honour the exporter's labels calls them `exported_...`, and gives its own to the exporter: both are asked.

Source: https://docs.nvidia.com/datacenter/dcgm/latest/gpu-telemetry/dcgm-exporter.html
"""

RENAMED = "exported_"
POD = "-[a-z0-9]+(-[a-z0-9]{5})?"
"""What a pod's name has after its Deployment's. Before the last five characters Kubernetes cuts it to 58, so that with
a name of 47 and more there is no dash (k8s.io/apiserver/pkg/storage/names).
"""
FRESH = "2m"
"""A Prometheus that stood still would answer with what it read last, up to five minutes ago."""


def plan_query(metric: str, namespace: str, workload: str, labels: tuple[str, str]) -> str:
    """PromQL for the percentage over all GPUs that report; `labels`: names of those for namespace and pod."""

    def of(name: str) -> str:
        namespace_label, pod_label = labels
        pods = [
            f'{name}{{{prefix}{namespace_label}="{namespace}",{prefix}{pod_label}=~"{workload}{POD}"}}'
            for prefix in ("", RENAMED)
        ]
        return " or ".join(f"{each} and last_over_time({each}[{FRESH}])" for each in pods)

    if metric == "gpuUtilization":
        return f"avg({of('DCGM_FI_DEV_GPU_UTIL')}) or 100 * avg({of('DCGM_FI_PROF_GR_ENGINE_ACTIVE')})"
    used, free = f"sum({of('DCGM_FI_DEV_FB_USED')})", f"sum({of('DCGM_FI_DEV_FB_FREE')})"
    return f"100 * {used} / ({used} + {free})"

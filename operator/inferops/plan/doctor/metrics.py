"""What triggers measure: GPUs through Prometheus and DCGM, and what control cannot read."""

from collections.abc import Iterator

from inferops.names import Manifest
from inferops.plan.doctor.survey import Survey
from inferops.plan.report import Line, failure, note, ok, warning
from inferops.specs.scaling import GPU_TRIGGERS

DCGM = "Install NVIDIA's DCGM exporter (the GPU operator brings it), and let Prometheus scrape it."
DCGM_PODS = "Let the DCGM exporter name pods (DCGM_EXPORTER_KUBERNETES=true), and the scrape keep its labels."
ACTION = "Correct settings.prometheus, or see why Prometheus does not answer."
SHOWN = 5


def check_metrics(survey: Survey) -> Iterator[Line]:
    """Prometheus and DCGM are needed by GPU triggers only."""
    instances = survey.of("InferenceInstance").objects
    users = [obj["metadata"]["name"] for obj in instances if has_gpu_trigger(obj)]
    if survey.metrics is None:
        text = "none is set (settings.prometheus.url): GPU triggers keep the replicas as they are"
        used = f"{text}. They are used by {', '.join(users[:SHOWN])}"
        yield warning("Prometheus", used, "Set settings.prometheus.url.") if users else note("Prometheus", text)
    elif survey.metrics.problem and survey.settings.prometheus.secret_name:
        yield note("Prometheus", "only control has its credentials: this was asked without, and got no answer")
    elif survey.metrics.podless:
        yield note("Prometheus", "runs outside of pods, where only control reaches it")
    elif survey.metrics.problem:
        yield failure("Prometheus", f"{survey.settings.prometheus.url}: {survey.metrics.problem}", ACTION)
    elif not survey.metrics.series:
        yield warning("DCGM", "Prometheus answers, and has no series DCGM_FI_DEV_GPU_UTIL", DCGM)
    elif not survey.metrics.labelled:
        text = f"none of {survey.metrics.series} series names a pod: GPU triggers see nothing"
        yield failure("DCGM", text, DCGM_PODS) if users else note("DCGM", text)
    else:
        yield ok("DCGM", f"{survey.metrics.labelled} of {survey.metrics.series} GPUs are reported with their pod")
    yield from check_silence(instances)


def check_silence(instances: list[Manifest]) -> Iterator[Line]:
    """What control, which asks for them, says in the statuses."""
    silent = [obj for obj in instances if (obj.get("status") or {}).get("metricsProblem")]
    for obj in silent[:SHOWN]:
        name = f"{obj['metadata']['namespace']}/{obj['metadata']['name']}"
        yield warning("triggers", f"of {name} see nothing, and hold its replicas: {obj['status']['metricsProblem']}")
    if len(silent) > SHOWN:
        yield warning("triggers", f"of {len(silent) - SHOWN} more instances see nothing")


def has_gpu_trigger(instance: Manifest) -> bool:
    """Whether a region of it scales by GPU."""
    regions = (instance.get("spec") or {}).get("regions") or []
    triggers = [((region.get("scale") or {}).get("triggers") or {}) for region in regions]
    return any(name in each for each in triggers for name in GPU_TRIGGERS)

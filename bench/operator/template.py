"""What the references apply: the children and the status that our own plan gives, of an instance with names that are
unlike anything else in it, so that replacing text makes those of another instance. PURE but for the file.
"""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from bench.operator.fleet import build, build_catalog, build_instance
from inferops.names import Manifest
from inferops.plan.instance import plan_instance
from inferops.plan.status import build_status
from inferops.plan.types import InstanceInputs, Observed, Replicas
from inferops.settings import Settings


class Sample(NamedTuple):
    """An instance's own: what stands in the template, and what takes its place."""

    namespace: str
    name: str
    uid: str


SAMPLE = Sample("sample-team", "sample-chat", "sample-uid")


def build_template() -> Manifest:
    """`{objects, status}`; Deployments begin with the replicas that KEDA takes over."""
    obj = build_instance(0)
    obj["metadata"] = {"namespace": SAMPLE.namespace, "name": SAMPLE.name, "uid": SAMPLE.uid, "generation": 1}
    named = [*build_catalog(), build("ApiKey", "app", {}, SAMPLE.namespace)]
    known = {(each["kind"], each["metadata"]["name"]): each for each in named}
    inputs, settings = InstanceInputs(obj=obj, named=known, known={}), Settings()
    plan = plan_instance(inputs, settings)
    status = build_status(inputs, plan, Observed(), settings, datetime.now(UTC))
    return {"objects": [with_replicas(each, plan.replicas) for each in plan.objects], "status": status}


def with_replicas(manifest: Manifest, replicas: dict[str, Replicas]) -> Manifest:
    """A Deployment with its first count; anything else as it is."""
    if manifest["kind"] != "Deployment":
        return manifest
    return {**manifest, "spec": {**manifest["spec"], "replicas": replicas[manifest["metadata"]["name"]].initial}}


def fill(template: str, instance: Sample) -> Manifest:
    """The template of one instance."""
    for ours, theirs in zip(SAMPLE, instance, strict=True):
        template = template.replace(ours, theirs)
    filled: Manifest = json.loads(template)
    return filled


def build_environment(path: Path) -> dict[str, str]:
    """Write the template, and tell a reference where it is."""
    path.write_text(json.dumps(build_template()))
    names = {f"PEER_{field.upper()}": value for field, value in SAMPLE._asdict().items()}
    return {"PEER_TEMPLATE": str(path), **names}


def read_template() -> str:
    """The template that the environment names."""
    return Path(os.environ["PEER_TEMPLATE"]).read_text()

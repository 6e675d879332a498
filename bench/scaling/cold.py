"""From zero to an answer, beside what Kubernetes alone takes: a request to a sleeping instance and a `kubectl scale` of
a Deployment with the same pods, in turns.
"""

import sys
from collections.abc import Sequence
from typing import NamedTuple

from bench.scaling.place import Place
from inferops.names import Manifest

REFERENCE = "reference"
LABEL = {"inferops-bench": REFERENCE}
HTTP_OK = 200


class Round(NamedTuple):
    """Seconds; but for the reference from the request on."""

    status: int
    answered: float
    woken: float
    """Until the instance has a replica to start."""
    ready: float
    """Until the cluster says that the pod is ready."""
    reference: float
    """From the change of replicas to the pod's readiness, where nobody asks."""

    @property
    def overhead(self) -> float:
        """What the request took longer than Kubernetes alone."""
        return self.answered - self.reference

    @property
    def own(self) -> float:
        """What of the request's time lay before the wake and after the readiness of its own pod."""
        return self.answered - (self.ready - self.woken)


async def measure_cold(place: Place, names: Sequence[str], model: str, rounds: int, within: float) -> list[Round]:
    """The instances in turn: each has time to fall asleep again. All sleep now."""
    deployment = await place.client.get("Deployment", place.namespace, place.deployment(names[0]))
    await place.client.create(build_reference(deployment))
    measured = []
    try:
        for number in range(rounds):
            measured.append(await measure_round(place, names[number % len(names)], model, within))
            print(f"  {number + 1}: {describe(measured[-1])}", file=sys.stderr, flush=True)
    finally:
        await place.client.delete("Deployment", place.namespace, REFERENCE)
    return measured


async def measure_round(place: Place, name: str, model: str, within: float) -> Round:
    """A request, then the reference."""
    deployment = place.deployment(name)
    await place.timeline.wait_scaled(deployment, 0, within)
    answer = await place.ask(name, model)
    woken = await place.timeline.wait_scaled(deployment, 1, within)
    ready = await place.timeline.wait_ready(deployment, answer.asked, within)
    scaled = await place.scale(REFERENCE, 1)
    reference = await place.timeline.wait_ready(REFERENCE, scaled, within) - scaled
    await place.scale(REFERENCE, 0)
    since = answer.asked
    return Round(answer.status, answer.answered - since, woken - since, ready - since, reference)


def build_reference(deployment: Manifest) -> Manifest:
    """The same pods by a Deployment of nobody's, at zero."""
    template = deployment["spec"]["template"]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": REFERENCE, "namespace": deployment["metadata"]["namespace"]},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": LABEL},
            "template": {"metadata": {"labels": LABEL}, "spec": template["spec"]},
        },
    }


def describe(measured: Round) -> str:
    """One line."""
    return (
        f"answer {measured.status} after {measured.answered:.2f} s (woken {measured.woken:.3f}, "
        f"ready {measured.ready:.2f}), kubectl scale {measured.reference:.2f} s"
    )

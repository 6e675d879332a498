"""From zero to an answer, beside what Kubernetes alone takes: a request to a sleeping instance and a `kubectl scale` of
a Deployment with the same pods, in turns.
"""

import sys
import time
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

import httpx

from bench.scaling.place import ANSWER_SECONDS, Answer, Place, build_question
from bench.scaling.timeline import Start
from inferops.names import Manifest

REFERENCE = "reference"
HTTP_OK = 200


class Round(NamedTuple):
    """One wake and one `kubectl scale`; moments."""

    answer: Answer
    woken: float
    """When the instance had a replica to start."""
    start: Start
    """Of its pod."""
    scaled: float
    """When the reference was scaled."""
    reference: Start
    first: float
    """Seconds that the reference's pod itself took for its first answer."""

    @property
    def answered(self) -> float:
        """Seconds from request to answer."""
        return self.answer.answered - self.answer.asked

    @property
    def kubectl_scale(self) -> float:
        """Seconds from the change of replicas to the pod's readiness, where nobody asks."""
        return self.reference.ready - self.scaled

    @property
    def overhead(self) -> float:
        """What the request took longer than Kubernetes alone."""
        return self.answered - self.kubectl_scale

    @property
    def own(self) -> float:
        """What of the request's time lay before the wake and after the readiness of its own pod."""
        return self.answered - (self.start.ready - self.woken)


async def measure_cold(place: Place, names: Sequence[str], model: str, rounds: int, within: float) -> list[Round]:
    """The instances in turn: each has time to fall asleep again. All sleep now."""
    deployment = await place.client.get("Deployment", place.namespace, place.deployment(names[0]))
    await place.client.create(build_reference(deployment, REFERENCE))
    port = deployment["spec"]["template"]["spec"]["containers"][0]["ports"][0]["containerPort"]
    measured = []
    try:
        for number in range(rounds):
            measured.append(await measure_round(place, names[number % len(names)], model, port, within))
            say(f"{number + 1}: {describe(measured[-1])}")
    finally:
        await place.client.delete("Deployment", place.namespace, REFERENCE)
    say(f"medians of the request:       {describe_steps([(each.answer.asked, each.start) for each in measured])}")
    say(f"medians of `kubectl scale`:   {describe_steps([(each.scaled, each.reference) for each in measured])}")
    return measured


async def measure_round(place: Place, name: str, model: str, port: int, within: float) -> Round:
    """A request, then the reference."""
    deployment = place.deployment(name)
    await place.timeline.wait_scaled(deployment, 0, within)
    answer = await place.ask(name, model)
    woken = await place.timeline.wait_scaled(deployment, 1, within)
    start = await place.timeline.wait_ready(deployment, answer.asked, within)
    scaled = await place.scale(REFERENCE, 1)
    reference = await place.timeline.wait_ready(REFERENCE, scaled, within)
    first = await ask_pod(f"http://{reference.address}:{port}", model)
    await place.scale(REFERENCE, 0)
    return Round(answer, woken, start, scaled, reference, first)


async def ask_pod(url: str, model: str) -> float:
    """Seconds of the same question, without a gateway."""
    async with httpx.AsyncClient(base_url=url, timeout=ANSWER_SECONDS) as http:
        asked = time.monotonic()
        (await http.post("/v1/chat/completions", json=build_question(model))).raise_for_status()
        return time.monotonic() - asked


def build_reference(deployment: Manifest, name: str) -> Manifest:
    """The same pods by a Deployment of nobody's, at zero."""
    template, labels = deployment["spec"]["template"], {"inferops-bench": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": deployment["metadata"]["namespace"]},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": template["spec"]},
        },
    }


def describe(measured: Round) -> str:
    """One line."""
    asked = measured.answer.asked
    return (
        f"answer {measured.answer.status} after {measured.answered:.2f} s (woken {measured.woken - asked:.3f}, "
        f"ready {measured.start.ready - asked:.2f}), kubectl scale {measured.kubectl_scale:.2f} s"
    )


def describe_steps(starts: list[tuple[float, Start]]) -> str:
    """Seconds from when they were asked for."""
    steps = ("created", "scheduled", "started", "ready")
    return ", ".join(f"{step} {median(getattr(start, step) - since for since, start in starts):.3f}" for step in steps)


def say(text: str) -> None:
    """Progress."""
    print(f"  {text}", file=sys.stderr, flush=True)

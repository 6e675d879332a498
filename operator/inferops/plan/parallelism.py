"""How vLLM spreads a model over the GPUs of one replica."""

from math import prod

from inferops.errors import SpecError
from inferops.plan.types import Resolved

FLAGS = {
    "--tensor-parallel-size": "tensor",
    "-tp": "tensor",
    "--pipeline-parallel-size": "pipeline",
    "-pp": "pipeline",
    "--data-parallel-size": "data",
    "-dp": "data",
}
"""Each way takes that many GPUs, and together they take the product (https://docs.vllm.ai/en/latest/cli/serve.html)."""


def plan_parallelism(resolved: Resolved, given: list[str]) -> list[str]:
    """Arguments that spread the model over all GPUs of the hardware, where `given` does not say how itself. Raises
    SpecError where it asks for more GPUs than there are: the engine would only crash.
    """
    gpu, asked = resolved.hardware.gpu, read_parallelism(given)
    if gpu is None:
        return []
    if (needed := prod(asked.values())) > gpu.count:
        ways = " x ".join(f"{size} ({way} parallel)" for way, size in asked.items())
        raise SpecError(
            f"spec.args: {ways} needs {needed} GPUs, and one replica on this hardware has {gpu.count};"
            " lower them or name a Hardware with more GPUs",
            reason="TooFewGpus",
        )
    return ["--tensor-parallel-size", str(gpu.count)] if gpu.count > 1 and not asked else []


def read_parallelism(args: list[str]) -> dict[str, int]:
    """Sizes by way, the last word of each; 1 where it is no number, which is the engine's to complain of."""
    sizes: dict[str, int] = {}
    for index, arg in enumerate(args):
        flag, equals, value = arg.partition("=")
        if way := FLAGS.get(flag):
            text = value if equals else next(iter(args[index + 1 : index + 2]), "")
            sizes[way] = int(text) if text.isdecimal() else 1
    return sizes

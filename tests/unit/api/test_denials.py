"""Texts of denials, word for word as an API server passes them on."""

import pytest

from inferops.api.denials import read_denial
from inferops.api.problems import explain_cluster
from inferops.errors import Rejected

HEAD = 'InferenceInstance: admission webhook "validate.inferops.dev" denied the request: '
NO_GPU = "the hardware has no GPU; take this trigger away or name a Hardware with a GPU"
GPU_TRIGGERS = (
    f"spec.regions[0].scale.triggers.gpuMemory: {NO_GPU}; spec.regions[0].scale.triggers.gpuUtilization: {NO_GPU}"
)
CASES = [
    (
        HEAD + GPU_TRIGGERS,
        [
            ("spec.regions[0].scale.triggers.gpuMemory", NO_GPU),
            ("spec.regions[0].scale.triggers.gpuUtilization", NO_GPU),
        ],
    ),
    (
        HEAD + 'spec.hardware is missing, and Model "m" has no default: name a Hardware',
        [("spec.hardware", 'is missing, and Model "m" has no default: name a Hardware')],
    ),
    (HEAD + "too late", []),
    ('Pod: admission webhook "policy.example.com" denied the request: spec.image: no', []),
    ('instances "chat" already exists', []),
]


@pytest.mark.parametrize(("text", "wrong"), CASES, ids=[text[-40:] for text, _ in CASES])
def test_a_denial_is_told_by_the_fields_that_it_names(text: str, wrong: list[tuple[str, str]]) -> None:
    assert read_denial(text) == wrong


def test_a_denied_field_is_named_as_rest_names_it() -> None:
    refusal = explain_cluster(Rejected(HEAD + GPU_TRIGGERS, 422))
    fields = [error.field for error in refusal.errors]
    assert fields == [f"autoScalingConfigurations[0].scale.triggers.{name}" for name in ("gpuMemory", "gpuUtilization")]
    assert refusal.status == 422
    assert "webhook" not in str(refusal)

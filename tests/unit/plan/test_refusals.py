"""What the API server says no to, in the words of the spec."""

import pytest

from inferops.plan.diagnosis.refusals import diagnose_refusal

INVALID = 'Deployment: Deployment.apps "chat-1" is invalid: spec.template.spec.containers[0]'
UNTYPED = "Deployment: failed to create typed patch object (team/chat-1; apps/v1, Kind=Deployment): .spec.template.spec"
INGRESS = 'Ingress: Ingress.networking.k8s.io "chat-1" is invalid: '
SAID = {
    f"{INVALID}.readinessProbe.periodSeconds: Invalid value: -5: must not be": "spec.probes.readiness.periodSeconds: "
    "Invalid value: -5: must not be.",
    f'{UNTYPED}.containers[name="engine"].startupProbe.httpGett: field not declared in schema': "spec.probes.startup."
    "httpGett: field not declared in schema.",
    f"{INVALID}.env[7].valueFrom: no": "spec.template.spec.containers[0].env[7].valueFrom: no.",
    f'{INGRESS}spec.rules[0].host: Invalid value: "10.0.0.1"': 'spec.rules[0].host: Invalid value: "10.0.0.1".',
}


@pytest.mark.parametrize(("said", "told"), SAID.items())
def test_a_refusal_names_the_field_and_not_the_object_twice(said: str, told: str) -> None:
    assert diagnose_refusal(said, "its object").message == f"The API server refuses its object: {told}"

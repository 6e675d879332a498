"""What a caller says of an instance, as it is written and as it is read back."""

import shlex

import pytest

from inferops.api.problems import Refusal
from inferops.api.translate.requests import plan_patch
from inferops.rest.instances import InstancePatch

WORDS = ["--max-model-len", "8192", "--chat-template", "it's {{ 'quoted' }} $HOME", ""]


@pytest.mark.parametrize(("said", "field"), [("startupCommand", "command"), ("startupArgs", "args")])
def test_words_are_split_as_a_shell_does_and_nothing_is_expanded(said: str, field: str) -> None:
    written = [{"op": "add", "path": f"/spec/{field}", "value": WORDS}]
    assert plan_patch(InstancePatch.model_validate({said: shlex.join(WORDS)}), {}, {}) == written
    cleared = plan_patch(InstancePatch.model_validate({said: None}), {"spec": {field: WORDS}}, {})
    assert cleared == [{"op": "remove", "path": f"/spec/{field}"}]
    with pytest.raises(Refusal, match=said):
        plan_patch(InstancePatch.model_validate({said: "an 'open quote"}), {}, {})


def test_a_change_keeps_what_rest_does_not_know() -> None:
    secret = {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}
    spec = {"env": [secret], "probes": {"startup": {}}, "podTemplate": {}, "cache": {"size": "1Gi"}}
    changed = plan_patch(InstancePatch.model_validate({"envs": {"MODE": "fast"}}), {"spec": spec}, {})
    assert changed == [{"op": "add", "path": "/spec/env", "value": [secret, {"name": "MODE", "value": "fast"}]}]

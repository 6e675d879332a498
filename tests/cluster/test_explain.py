"""`inferops explain` on real pods: the first broken link is named, whatever it is."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from inferops.names import Manifest, instance_id, region_name
from tests.cluster.here import Here
from tests.support.eventually import eventually

CPU: Manifest = {"min": 1, "max": 1, "triggers": {"cpu": {"threshold": 80}}}
ANSWER = "echo hello > /tmp/index.html && exec /busybox httpd -f -p 8080 -h /tmp"


def run_explain(here: Here, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """As a person calls it."""
    command = [sys.executable, "-m", "inferops", "explain", name, "-n", here.namespace]
    system = () if here.operator is None else ("--system-namespace", here.namespace)
    environment = os.environ | {"KUBECONFIG": str(here.kubectl.kubeconfig)}
    return subprocess.run(
        [*command, *system, *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def explain(here: Here, name: str) -> dict[str, Any]:
    """The answer as JSON, with the lines by subject."""
    done = run_explain(here, name, "-o", "json")
    assert done.returncode in {0, 1}, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    assert answer["ready"] is (done.returncode == 0)
    answer["lines"] = {line["subject"]: line for section in answer["sections"] for line in section["lines"]}
    return answer


def write_instance(here: Here, name: str, image: str, script: str = ANSWER, **spec: Any) -> None:
    """One replica of a shell script."""
    given = {
        "image": image,
        "command": ["/busybox", "sh", "-c", script],
        "containerPort": 8080,
        "hardware": here.named("cpu"),
        "auth": "None",
        "rollout": {"drainSeconds": 0},
        "regions": [{"region": here.named("here"), "scale": CPU}],
    }
    here.write("InferenceInstance", name, given | spec)


async def wait_available(here: Here, name: str) -> None:
    await eventually(lambda: here.read_condition(name, "Available").get("status") == "True", within=60)


async def test_an_instance_that_answers_is_ready_and_every_link_is_shown(operator_here: Here, busybox: str) -> None:
    here = operator_here
    write_instance(here, "healthy", busybox)
    await wait_available(here, "healthy")
    await eventually(lambda: explain(here, "healthy")["ready"], within=30)
    lines = explain(here, "healthy")["lines"]
    told = run_explain(here, "healthy").stdout

    deployment = region_name(here.namespace, "healthy", here.named("here"))
    assert "Next: Nothing: it answers at https://" in told
    assert lines[f"region {here.named('here')}"]["text"] == "1 of 1 replicas answer"
    assert lines[f"ScaledObject {deployment}"]["mark"] == "ok"
    assert lines["EndpointSlices"]["text"] == "1 ready"
    assert [line["mark"] for subject, line in lines.items() if subject.endswith("objects")] == ["ok"]


@pytest.mark.parametrize(
    ("name", "broken", "says"),
    [
        ("no-image", {"image": "localhost/no/such:1"}, "localhost/no/such:1"),
        ("crashes", {"command": ["/busybox", "sh", "-c", "echo out of cheese; exit 3"]}, "out of cheese"),
        ("no-key", {"auth": "ApiKey", "apiKeys": ["absent"]}, 'Create ApiKey "absent"'),
        ("no-hardware", {"hardware": "absent"}, 'Create Hardware "absent"'),
        (
            "no-secret",
            {"env": [{"name": "T", "valueFrom": {"secretKeyRef": {"name": "absent", "key": "t"}}}]},
            'Create Secret "absent"',
        ),
    ],
)
async def test_what_to_do_next_is_the_first_broken_link(
    operator_here: Here, busybox: str, name: str, broken: Manifest, says: str
) -> None:
    write_instance(operator_here, name, **({"image": busybox} | broken))

    def names_it() -> bool:
        answer = explain(operator_here, name)
        assert says in answer["next"], answer["next"]
        return not answer["ready"]

    await eventually(names_it, within=60, interval=1)
    operator_here.kubectl.run("delete", "inf", name, f"--namespace={operator_here.namespace}")


async def test_a_name_that_nobody_has_is_not_found(operator_here: Here, busybox: str) -> None:
    write_instance(operator_here, "healthy", busybox)
    done = run_explain(operator_here, "helthy")
    assert done.returncode == 2
    assert 'there is no InferenceInstance "helthy"' in done.stderr
    assert 'Did you mean "healthy"?' in done.stderr


async def test_somebody_elses_edit_is_named_while_the_operator_is_down(operator_here: Here, busybox: str) -> None:
    here = operator_here
    if here.operator is None:
        pytest.skip("the installed operator is not ours to end")
    write_instance(here, "edited", busybox)
    await wait_available(here, "edited")
    here.operator.terminate()
    service = instance_id(here.namespace, "edited")
    change = json.dumps({"spec": {"publishNotReadyAddresses": True, "ports": [{"name": "http", "port": 8081}]}})
    here.kubectl.run("patch", "service", service, f"--namespace={here.namespace}", "--type=merge", f"--patch={change}")
    here.kubectl.run("delete", "networkpolicy", service, f"--namespace={here.namespace}")
    answer = explain(here, "edited")
    assert "written by kubectl-patch" in answer["lines"][f"Service {service}"]["text"]
    assert answer["lines"][f"NetworkPolicy {service}"]["text"] == "is not there"
    assert answer["next"].startswith("Start the operator")

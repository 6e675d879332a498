"""`inferops render`: what would be applied, without a cluster."""

from pathlib import Path

import orjson
import pytest
import yaml
from click.testing import CliRunner, Result

from inferops.cli.main import main

GOLDEN = Path(__file__).parents[2] / "golden" / "plan"
CATALOG = GOLDEN / "catalog.yaml"
EXAMPLES = Path(__file__).parents[3] / "examples"


def render(*arguments: str | Path, stdin: str = "") -> Result:
    return CliRunner().invoke(main, ["render", *map(str, arguments)], input=stdin)


@pytest.mark.parametrize("case", ["gpu-chat", "two-regions", "whisper"])
def test_it_prints_what_is_applied(case: str) -> None:
    result = render("-f", CATALOG, "-f", GOLDEN / f"{case}.in.yaml")
    assert result.exit_code == 0, result.output
    applied = list(yaml.safe_load_all((GOLDEN / f"{case}.out.yaml").read_text()))[:-1]
    assert list(yaml.safe_load_all(result.stdout)) == applied


def test_yaml_and_json_say_the_same() -> None:
    files = ("-f", CATALOG, "-f", GOLDEN / "two-regions.in.yaml")
    lines = render(*files, "-o", "json").stdout.splitlines()
    assert [orjson.loads(line) for line in lines] == list(yaml.safe_load_all(render(*files).stdout))


def test_the_charts_catalog_is_the_default() -> None:
    result = render("-f", EXAMPLES / "chat.yaml", "-f", EXAMPLES / "whisper.yaml")
    assert result.exit_code == 0, result.output
    deployments = [obj for obj in yaml.safe_load_all(result.stdout) if obj["kind"] == "Deployment"]
    images = [obj["spec"]["template"]["spec"]["containers"][0]["image"] for obj in deployments]
    assert len(images) == 2
    assert all(image.startswith("docker.io/vllm/vllm-openai:") for image in images)


def test_one_mistake_does_not_hide_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text((EXAMPLES / "whisper.yaml").read_text())
    for name in ("b", "c"):
        text = (
            (EXAMPLES / "chat.yaml").read_text().replace("qwen3-0.6b", "qwen4").replace("name: chat", f"name: {name}")
        )
        (tmp_path / f"{name}.yaml").write_text(text)
    result = render("-f", tmp_path)
    assert result.exit_code == 1
    assert [line.split()[1] for line in result.stderr.splitlines() if line.startswith("Error")] == [
        "default/b:",
        "default/c:",
    ]
    assert "whisper-large-v3" in result.stdout


def test_it_reads_standard_input_and_sets_the_namespace() -> None:
    instance = (GOLDEN / "cpu-chat.in.yaml").read_text().replace("namespace: default, uid: ", "annotation: ")
    manifest = yaml.safe_load(instance)
    del manifest["metadata"]["annotation"]
    result = render("-f", CATALOG, "-f", "-", "-n", "team", stdin=yaml.safe_dump(manifest))
    objects = list(yaml.safe_load_all(result.stdout))
    assert {obj["metadata"]["namespace"] for obj in objects} == {"team"}
    assert not any("ownerReferences" in obj["metadata"] for obj in objects)
    assert 'warning: spec.apiKeys[0]: there is no ApiKey "demo" in namespace "team"' in result.stderr


def test_a_directory_is_read_whole_and_keda_can_be_absent(tmp_path: Path) -> None:
    for source in (CATALOG, GOLDEN / "sleeping.in.yaml"):
        (tmp_path / source.name).write_text(source.read_text())
    result = render("-f", tmp_path, "--no-keda")
    kinds = [obj["kind"] for obj in yaml.safe_load_all(result.stdout)]
    assert "Deployment" in kinds
    assert "ScaledObject" not in kinds


def test_a_mistake_is_told_as_the_condition_would() -> None:
    result = render("-f", CATALOG, "-f", GOLDEN / "unknown-model.in.yaml")
    assert result.exit_code == 1
    assert (
        'Error: default/unknown-model: spec.model: there is no Model "tiny-chatt". Did you mean "tiny-chat"?'
        in result.stderr
    )

"""Rules of the repository that no other tool checks."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from inferops import __version__
from inferops.specs.crd import CRD_FOLDERS, build_files

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCES = ("operator", "tests", "dev", "bench")
FILES = build_files()
LINES = 300
GENERATED = ("_pb2.py", "_pb2_grpc.py")


def read_sources() -> list[Path]:
    return [path for folder in SOURCES for path in (REPOSITORY / folder).rglob("*.py")]


def test_operator_is_no_package_because_it_would_hide_the_standard_librarys_operator() -> None:
    assert not (REPOSITORY / "operator" / "__init__.py").exists()


@pytest.mark.parametrize("name", FILES)
def test_what_is_generated_is_current(name: str) -> None:
    written = REPOSITORY / name
    assert written.exists(), f"{name} is missing: run `make crds`"
    assert written.read_text() == FILES[name], f"{name} is not what the models say: run `make crds`"


@pytest.mark.parametrize("folder", CRD_FOLDERS)
def test_no_definition_lies_about_that_is_not_generated(folder: str) -> None:
    present = {f"{folder}/{path.name}" for path in (REPOSITORY / folder).glob("*.yaml")}
    assert present <= FILES.keys()


def test_the_version_is_the_same_everywhere() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["version"]
    chart = yaml.safe_load((REPOSITORY / "charts" / "inferops" / "Chart.yaml").read_text())
    newest = re.search(r"^## \[([^\]]+)\]", (REPOSITORY / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest, "CHANGELOG.md has no heading such as `## [0.1.0] - unreleased`"
    found = {
        "inferops.__version__": __version__,
        "Chart.yaml version": chart["version"],
        "Chart.yaml appVersion": str(chart["appVersion"]),
        "CHANGELOG.md": newest[1],
    }
    assert found == dict.fromkeys(found, project)


def test_the_contracts_on_imports_are_kept() -> None:
    program = Path(sys.executable).parent / "lint-imports"
    result = subprocess.run(
        [program, "--no-cache", "--no-logo"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_no_file_is_longer_than_a_reader_can_keep_in_mind() -> None:
    long = {
        str(path.relative_to(REPOSITORY)): lines
        for path in read_sources()
        if not path.name.endswith(GENERATED) and (lines := len(path.read_text().splitlines())) > LINES
    }
    assert not long, f"more than {LINES} lines: {long}"


def test_no_module_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "helpers", "common", "misc", "manager"}
    assert not [path for path in read_sources() if path.stem in drawers or path.parent.name in drawers]


@pytest.mark.parametrize("module", ["inferops.specs", "inferops.specs.crd"])
def test_importing_the_models_prints_nothing(module: str) -> None:
    command = [sys.executable, "-W", "error", "-c", f"import {module}"]
    result = subprocess.run(command, cwd=REPOSITORY / "operator", capture_output=True, text=True, check=True)
    assert result.stdout + result.stderr == ""

"""Writes the golden files of a release: `python -m tests.golden.freeze` once the version is that of the release."""

import shutil
import tomllib
from pathlib import Path

from inferops.cli.render import dump
from inferops.errors import SpecError
from inferops.names import Manifest
from inferops.plan.instance import plan_instance
from tests.support.plan_cases import read_case, read_names

FOLDER = Path(__file__).parent
RELEASES = FOLDER / "releases"
CASES = FOLDER / "plan"


def read_version() -> str:
    """The version that is released next."""
    project = tomllib.loads((FOLDER.parents[1] / "pyproject.toml").read_text())["project"]
    return str(project["version"])


def plan_templates(folder: Path, name: str) -> dict[str, Manifest]:
    """By Deployment: what decides whether its pods are replaced."""
    inputs, _, settings = read_case(folder, name)
    objects = plan_instance(inputs, settings).objects
    deployments = (obj for obj in objects if obj["kind"] == "Deployment")
    return {
        deployment["metadata"]["name"]: {field: deployment["spec"][field] for field in ("selector", "template")}
        for deployment in deployments
    }


def freeze(folder: Path) -> list[str]:
    """Copy the inputs of all cases that have a plan, write what comes of them, and return their names."""
    folder.mkdir(parents=True)
    shutil.copy(CASES / "catalog.yaml", folder)
    frozen = []
    for name in read_names(CASES):
        try:
            templates = plan_templates(CASES, name)
        except SpecError:
            continue  # nothing runs
        shutil.copy(CASES / f"{name}.in.yaml", folder)
        (folder / f"{name}.templates.yaml").write_text(dump([templates]))
        frozen.append(name)
    return frozen


if __name__ == "__main__":
    target = RELEASES / read_version()
    print(f"{target}: {len(freeze(target))} cases")

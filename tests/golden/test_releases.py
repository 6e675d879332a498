"""An upgrade of the operator restarts no model pod: templates of every release are what today's code plans."""

import difflib
from pathlib import Path

import pytest

from inferops.cli.render import dump
from tests.golden.freeze import CASES, RELEASES, freeze, plan_templates
from tests.support.plan_cases import read_documents, read_names

FOLDERS = sorted(path for path in RELEASES.iterdir() if path.is_dir())
FROZEN = [pytest.param(folder, name, id=f"{folder.name} {name}") for folder in FOLDERS for name in read_names(folder)]
RESTARTS = {
    case: why
    for folder in FOLDERS
    if (folder / "restarts.yaml").exists()
    for document in read_documents(folder / "restarts.yaml")
    for case, why in document.items()
}
"""Restarts on purpose: `<release>/<case>` and why."""


@pytest.mark.parametrize(("folder", "name"), FROZEN)
def test_an_upgrade_restarts_no_pod(folder: Path, name: str) -> None:
    case = f"{folder.name}/{name}"
    (released,) = read_documents(folder / f"{name}.templates.yaml")
    planned = plan_templates(folder, name)
    if case in RESTARTS:
        assert planned != released, f"{case} restarts nothing: take it out of restarts.yaml"
        return
    lines = (dump([released]).splitlines(), dump([planned]).splitlines())
    changes = "\n".join(difflib.unified_diff(*lines, f"release {folder.name}", "now", lineterm="", n=4))
    assert planned == released, (
        f"Upgrading from {folder.name} would restart the pods of every instance like {case}:\n{changes}\n"
        "Keep the old form for specs that do not ask for the new one; tests/golden/releases/README.md says how to do"
        " it deliberately."
    )


def test_every_release_has_cases() -> None:
    assert FOLDERS
    assert all(read_names(folder) for folder in FOLDERS)


def test_a_release_is_frozen_from_the_cases_that_run(tmp_path: Path) -> None:
    names = freeze(tmp_path / "next")
    assert "gpu-chat" in names
    assert "unknown-model" not in names
    assert set(names) <= set(read_names(CASES))
    assert plan_templates(tmp_path / "next", "gpu-chat") == plan_templates(CASES, "gpu-chat")

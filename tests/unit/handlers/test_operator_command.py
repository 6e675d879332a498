"""`inferops operator` on the command line."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from inferops.cli.main import main
from inferops.cli.process import choose_identity


def test_wrong_settings_end_it_with_the_field_and_the_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("workers: many\n")
    monkeypatch.setenv("INFEROPS_SETTINGS", str(settings))
    result = CliRunner().invoke(main, ["operator"])
    assert result.exit_code == 1
    assert "workers" in result.output
    assert '"many"' in result.output


def test_a_missing_cluster_ends_it_with_what_to_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INFEROPS_SETTINGS", raising=False)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "nowhere"))
    result = CliRunner().invoke(main, ["operator"])
    assert result.exit_code == 1
    assert "Set KUBECONFIG, or run in a pod with a service account." in result.output


def test_a_pod_keeps_its_identity_and_other_processes_have_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    assert choose_identity() != choose_identity()
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "192.0.2.1")
    assert choose_identity() == choose_identity()

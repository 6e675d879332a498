"""Who keeps an object."""

from typing import Any

import pytest

from inferops.api.gitops import find_gitops_owner

OWNED: list[tuple[str, dict[str, Any], str]] = [
    (
        "Argo CD's tracking annotation",
        {"annotations": {"argocd.argoproj.io/tracking-id": "shop:inferops.dev/InferenceInstance:team/chat"}},
        'Argo CD application "shop"',
    ),
    ("Argo CD's own label", {"labels": {"argocd.argoproj.io/instance": "shop"}}, 'Argo CD application "shop"'),
    (
        "Argo CD's default label beside its field manager",
        {
            "labels": {"app.kubernetes.io/instance": "shop"},
            "managedFields": [{"manager": "argocd-controller", "operation": "Update"}],
        },
        'Argo CD application "shop"',
    ),
    (
        "Flux's Kustomization",
        {"labels": {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux"}},
        'Flux Kustomization "flux/apps"',
    ),
    (
        "Flux's HelmRelease",
        {"labels": {"helm.toolkit.fluxcd.io/name": "chat", "helm.toolkit.fluxcd.io/namespace": "flux"}},
        'Flux HelmRelease "flux/chat"',
    ),
    (
        "a field manager of Flux alone",
        {"managedFields": [{"manager": "kustomize-controller", "operation": "Apply"}]},
        "Flux",
    ),
]
FREE: list[tuple[str, dict[str, Any]]] = [
    ("kubectl", {"managedFields": [{"manager": "kubectl-client-side-apply", "operation": "Update"}]}),
    ("Helm", {"labels": {"app.kubernetes.io/instance": "chat", "app.kubernetes.io/managed-by": "Helm"}}),
    (
        "a controller that wrote the status only",
        {"managedFields": [{"manager": "argocd-controller", "operation": "Update", "subresource": "status"}]},
    ),
    ("nobody", {}),
]


@pytest.mark.parametrize(("metadata", "owner"), [case[1:] for case in OWNED], ids=[case[0] for case in OWNED])
def test_an_object_of_gitops_names_its_owner(metadata: dict[str, Any], owner: str) -> None:
    assert str(find_gitops_owner({"metadata": metadata})) == owner


@pytest.mark.parametrize("metadata", [case[1] for case in FREE], ids=[case[0] for case in FREE])
def test_an_object_of_others_may_be_changed(metadata: dict[str, Any]) -> None:
    assert find_gitops_owner({"metadata": metadata}) is None

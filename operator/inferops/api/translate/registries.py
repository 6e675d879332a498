"""Registries: bodies <-> the custom resource and the Secret with its password."""

import base64
from typing import Any

from inferops.api.gitops import read_gitops_owner
from inferops.api.listing import Row
from inferops.api.problems import wrong
from inferops.api.translate.fields import Operation, plan_fields
from inferops.api.translate.moments import created_at, read_moment, updated_at
from inferops.api.translate.names import annotate, derive_name, display_name
from inferops.names import API_VERSION, MANAGED_BY, Manifest
from inferops.plan.conditions import find_condition
from inferops.plan.images import parse_image
from inferops.plan.labels import owned_metadata
from inferops.plan.registry_status import is_current
from inferops.rest.problems import FieldError
from inferops.rest.registries import Registry, RegistryCreate, RegistryPatch

NAME_LIMIT = 200
"""Characters of a name: Secrets are called after it."""
NOT_YET = "Pending"
PASSWORD = "password"  # noqa: S105 - a key in a Secret
PLAIN = {"url": "url", "username": "username", "insecure": "insecure", "ca_bundle": "caBundle"}
"""Fields that the custom resource has as they are."""
LABELS = MANAGED_BY | {"app.kubernetes.io/name": "inferops-registry"}


def registry_row(obj: Manifest) -> Row:
    """For lists."""
    registry = show_registry(obj)
    return Row(registry.model_dump_json().encode(), {"name": frozenset({registry.name})})


def show_registry(obj: Manifest) -> Registry:
    """All but the password."""
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    verified = find_condition(obj, "Verified") if is_current(obj) else None
    return Registry(
        id=obj["metadata"]["name"],
        name=display_name(obj),
        url=spec.get("url", ""),
        username=spec.get("username"),
        insecure=bool(spec.get("insecure")),
        ca_bundle=spec.get("caBundle"),
        status=verified["reason"] if verified else NOT_YET,
        message=verified["message"] if verified else None,
        checked_at=read_moment(status["lastChecked"]) if verified and "lastChecked" in status else None,
        kept_by=read_gitops_owner(obj) or None,
        created_at=created_at(obj),
        updated_at=updated_at(obj),
    )


def build_registry(body: RegistryCreate, namespace: str, tag: str) -> Manifest:
    """A new one; `tag` makes the name of its Secret. Refuses with 422."""
    if errors := check_credentials(body.username, password=body.password is not None):
        raise wrong(errors)
    name = derive_name(body.name, longest=NAME_LIMIT, prefix="r")
    spec: Manifest = {"url": body.url, "insecure": body.insecure}
    if body.ca_bundle is not None:
        spec["caBundle"] = body.ca_bundle
    if body.username and body.password:
        spec |= {"username": body.username, "passwordSecretRef": {"name": secret_name(name, tag), "key": PASSWORD}}
    return {
        "apiVersion": API_VERSION,
        "kind": "Registry",
        "metadata": {"namespace": namespace, **annotate(name, body.name)},
        "spec": spec,
    }


def secret_name(name: str, tag: str) -> str:
    """A name of its own for each password: a change of username, url and password is one write of the Registry."""
    return f"{name}-{PASSWORD}-{tag}"


def made_secret(obj: Manifest) -> str | None:
    """The Secret that was made here for the Registry; None where it has none, or one of its user's."""
    name: str = ((obj.get("spec") or {}).get("passwordSecretRef") or {}).get("name", "")
    return name if name.startswith(secret_name(obj["metadata"]["name"], "")) else None


def build_password(obj: Manifest, name: str, password: str) -> Manifest:
    """The Secret, which goes with its Registry. That owns it and does not control it: the operator takes away what the
    Registry controls and does not name, and a new password is there a moment before it is named.
    """
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": owned_metadata("Registry", obj, name, LABELS, controller=False),
        "type": "Opaque",
        "data": {PASSWORD: base64.b64encode(password.encode()).decode()},
    }


def check_credentials(username: str | None, *, password: bool) -> list[FieldError]:
    """They go together."""
    if username and not password:
        return [FieldError(field="password", message="is missing: username and password go together.")]
    if password and not username:
        return [FieldError(field="username", message="is missing: username and password go together.")]
    return []


def check_way(before: Manifest, after: Manifest) -> None:
    """A password that is kept goes to its own host alone, and by TLS if it was given for that: or a change would bring
    it out. Refuses with 422.
    """
    old, new = (parse_image(spec.get("url", "")).api_host for spec in (before, after))
    if old != new:
        message = f"is missing: the one that is kept is for {old}. Send the one for {new} with the new url."
        raise wrong([FieldError(field="password", message=message)])
    if after.get("insecure") and not before.get("insecure"):
        message = "is missing: the one that is kept goes by TLS only. Send it once more with insecure."
        raise wrong([FieldError(field="password", message=message)])


def plan_registry_patch(body: RegistryPatch, obj: Manifest, secret: str | None) -> list[Operation]:
    """What differs of what the body names; `secret` has the new password. Refuses with 422."""
    spec, named = obj.get("spec") or {}, body.model_fields_set
    wanted: dict[str, Any] = {field: getattr(body, name) for name, field in PLAIN.items() if name in named}
    if "password" in named:
        wanted["passwordSecretRef"] = {"name": secret, "key": PASSWORD} if secret else None
    after = {**spec, **wanted}
    if errors := check_credentials(after.get("username"), password=bool(after.get("passwordSecretRef"))):
        raise wrong(errors)
    if not secret and after.get("passwordSecretRef"):
        check_way(spec, after)
    if secret and "dockerConfigSecretRef" in spec:
        wanted["dockerConfigSecretRef"] = None
    return plan_fields(spec, wanted)

"""Reads Secrets that users made, which our stores may not hold."""

import base64
from collections.abc import Mapping
from typing import NamedTuple

from inferops.cluster.cluster import Cluster
from inferops.errors import NotFound, SpecError, nearest
from inferops.names import Manifest


class SecretValue(NamedTuple):
    """One value of a Secret."""

    encoded: str
    """In base64, as Kubernetes has it."""
    version: str
    """The resourceVersion of the Secret."""
    type: str
    labels: Mapping[str, str]

    def __repr__(self) -> str:
        return f"SecretValue(..., {self.version!r})"


async def read_secret(cluster: Cluster, namespace: str, name: str) -> Manifest | None:
    """The Secret, or None."""
    if (secret := cluster.stores["Secret"].get(namespace, name)) and "data" in secret:
        return secret
    try:
        return await cluster.client.get("Secret", namespace, name)
    except NotFound:
        return None


async def read_secret_key(cluster: Cluster, namespace: str, reference: tuple[str, str], field: str) -> SecretValue:
    """The value of (Secret, key) that a field refers to. Raises SpecError, which names keys but no values."""
    name, key = reference
    secret = await read_secret(cluster, namespace, name)
    if secret is None:
        raise secret_not_found(namespace, name, field)
    data: dict[str, str] = secret.get("data") or {}
    if key not in data:
        raise SpecError(f'{field}: Secret "{name}" has no key "{key}".{nearest(key, list(data))}', reason="KeyMissing")
    meta = secret["metadata"]
    return SecretValue(data[key], meta.get("resourceVersion", ""), secret.get("type", ""), meta.get("labels") or {})


def secret_not_found(namespace: str, name: str, field: str) -> SpecError:
    """The error for a field that names a Secret which is not there."""
    return SpecError(
        f'{field}: there is no Secret "{name}" in namespace "{namespace}"; create it', reason="SecretNotFound"
    )


def decode(value: str, field: str) -> str:
    """Text of a base64 value, without the newline that editors and `echo` add. Raises SpecError."""
    try:
        return base64.b64decode(value).decode().rstrip("\r\n")
    except ValueError:
        raise SpecError(f"{field}: the value is not UTF-8 text", reason="KeyMissing") from None

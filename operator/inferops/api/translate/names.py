"""Names that people choose -> names that Kubernetes allows. The chosen one is kept in an annotation."""

import re
import unicodedata

from inferops.names import GROUP, Manifest, hash8

DISPLAY_NAME = f"{GROUP}/display-name"


def derive_name(given: str, *, longest: int, prefix: str) -> str:
    """Lowercase letters, digits and `-`, beginning with a letter, at most `longest` characters. Where letters must be
    left out at the end or nothing is left, a hash of the given name keeps different ones apart.
    """
    plain = unicodedata.normalize("NFKD", given).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if not name:
        return f"{prefix}-{hash8(given)}"
    if not name[0].isalpha():
        name = f"{prefix}-{name}"
    return name if len(name) <= longest else f"{name[: longest - 9].rstrip('-')}-{hash8(given)}"


def annotate(name: str, given: str) -> Manifest:
    """Metadata of a new object, less its namespace."""
    return {"name": name} if name == given else {"name": name, "annotations": {DISPLAY_NAME: given}}


def display_name(obj: Manifest) -> str:
    """The name that people chose; of an object that came by kubectl, its own."""
    meta = obj["metadata"]
    return str((meta.get("annotations") or {}).get(DISPLAY_NAME) or meta["name"])

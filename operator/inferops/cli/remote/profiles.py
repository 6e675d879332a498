"""Where the REST API is and with which key: profiles in $XDG_CONFIG_HOME/inferops/config.yaml, mode 0600."""

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError, field_serializer

from inferops.errors import SettingsError

DEFAULT = "default"


class Profile(BaseModel):
    """One installation and one key."""

    model_config = ConfigDict(extra="forbid")
    url: str
    key: SecretStr | None = None
    """Absent where the keyring has it."""
    ca: Path | None = None
    """PEM certificates of the address's own authority."""

    @field_serializer("key")
    def write_key(self, key: SecretStr | None) -> str | None:
        """In the open: the file is its owner's alone."""
        return key.get_secret_value() if key else None

    @field_serializer("ca")
    def write_path(self, path: Path | None) -> str | None:
        """As text."""
        return str(path) if path else None


class Profiles(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid")
    current: str = DEFAULT
    profiles: dict[str, Profile] = {}


def find_file(environment: Mapping[str, str]) -> Path:
    """Where the file is (XDG Base Directory Specification)."""
    return Path(environment.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "inferops" / "config.yaml"


def read_profiles(file: Path) -> Profiles:
    """Those of the file; none where there is none. Raises SettingsError, which names no value: it may be a key."""
    try:
        return Profiles.model_validate(yaml.safe_load(file.read_text()) or {})
    except FileNotFoundError:
        return Profiles()
    except OSError as error:
        raise SettingsError(f"{file}: {error.strerror}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise SettingsError(f"{file}: not YAML{where}: mend it, or remove it and log in again") from None
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise SettingsError(f"{file}: {field}: {first['msg']}: mend it, or remove it and log in again") from None


def write_profiles(file: Path, profiles: Profiles) -> None:
    """Replaces the file as a whole, so that a full disk costs no key; nobody else may read it at any moment."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = yaml.safe_dump(profiles.model_dump(exclude_none=True), sort_keys=False)
    descriptor, temporary = tempfile.mkstemp(dir=file.parent)
    try:
        with os.fdopen(descriptor, "w") as handle:
            handle.write(text)
        Path(temporary).replace(file)
    except OSError:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise

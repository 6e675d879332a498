"""The desktop's keyring, where `pip install inferops[keyring]` brought it; else keys are in the profiles' file."""

from types import ModuleType

from inferops.errors import SettingsError

keyring: ModuleType | None
try:
    import keyring
except ImportError:
    keyring = None

SERVICE = "inferops"


def read_key(profile: str) -> str | None:
    """The key that was stored, or None: a locked or missing keyring is none."""
    if keyring is None:
        return None
    try:
        key: str | None = keyring.get_password(SERVICE, profile)
    except keyring.errors.KeyringError:
        return None
    return key


def store_key(profile: str, key: str) -> None:
    """Puts it there. Raises SettingsError."""
    if keyring is None:
        raise SettingsError("there is no keyring: `pip install inferops[keyring]`, or use --store file")
    try:
        keyring.set_password(SERVICE, profile, key)
    except keyring.errors.KeyringError as error:
        raise SettingsError(f"the keyring does not take the key ({error}): unlock it, or use --store file") from None


def forget_key(profile: str) -> None:
    """Takes it away, if it is there."""
    if keyring is not None and read_key(profile) is not None:
        keyring.delete_password(SERVICE, profile)

"""Where the command line keeps addresses and keys."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.backend
import keyring.errors
import pytest
from pydantic import SecretStr

from inferops.cli.remote.keyrings import forget_key, read_key, store_key
from inferops.cli.remote.profiles import Profile, Profiles, find_file, read_profiles, write_profiles
from inferops.cli.remote.session import find_session
from inferops.errors import SettingsError


class Memory(keyring.backend.KeyringBackend):
    """A keyring that is open, or locked."""

    priority = 1

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        self.check()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.check()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]

    def check(self) -> None:
        if self.locked:
            raise keyring.errors.KeyringLocked("it is locked")


@pytest.fixture
def memory() -> Iterator[Memory]:
    before = keyring.get_keyring()
    memory = Memory()
    keyring.set_keyring(memory)
    yield memory
    keyring.set_keyring(before)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"XDG_CONFIG_HOME": str(tmp_path)}


def test_a_key_is_kept_in_the_keyring_and_not_in_the_file(memory: Memory, environment: dict[str, str]) -> None:
    store_key("team", "inf-secret")
    file = find_file(environment)
    write_profiles(file, Profiles(current="team", profiles={"team": Profile(url="https://a")}))
    assert "inf-secret" not in file.read_text()
    assert find_session(None, None, environment).key.get_secret_value() == "inf-secret"
    forget_key("team")
    assert memory.kept == {}


def test_a_locked_keyring_takes_no_key_and_has_none(memory: Memory) -> None:
    memory.locked = True
    assert read_key("team") is None
    with pytest.raises(SettingsError, match="use --store file"):
        store_key("team", "inf-secret")


def test_only_its_owner_may_read_the_file_at_any_moment(environment: dict[str, str]) -> None:
    file = find_file(environment)
    before = os.umask(0)
    try:
        write_profiles(file, Profiles(profiles={"default": Profile(url="https://a", key=SecretStr("inf-secret"))}))
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [each.name for each in file.parent.iterdir()] == ["config.yaml"]
    assert read_profiles(file).profiles["default"].key == SecretStr("inf-secret")
    assert "inf-secret" not in repr(read_profiles(file))


@pytest.mark.parametrize(
    ("option", "variables", "url", "key"),
    [
        (None, {}, "https://one", "inf-1"),
        (None, {"INFEROPS_PROFILE": "two"}, "https://two", "inf-2"),
        ("one", {"INFEROPS_PROFILE": "two"}, "https://one", "inf-1"),
        (None, {"INFEROPS_URL": "https://else", "INFEROPS_API_KEY": "inf-x"}, "https://else", "inf-x"),
        (None, {"INFEROPS_URL": "https://one/"}, "https://one/", "inf-1"),
        (None, {"INFEROPS_API_KEY": "inf-x"}, "https://one", "inf-x"),
    ],
)
def test_an_option_comes_before_the_environment_and_that_before_the_file(
    environment: dict[str, str], option: str | None, variables: dict[str, str], url: str, key: str
) -> None:
    one = Profile(url="https://one", key=SecretStr("inf-1"))
    two = Profile(url="https://two", key=SecretStr("inf-2"))
    write_profiles(find_file(environment), Profiles(current="one", profiles={"one": one, "two": two}))
    session = find_session(option, None, environment | variables)
    assert (session.url, session.key.get_secret_value()) == (url, key)


def test_a_profiles_key_goes_to_its_own_address_only(environment: dict[str, str]) -> None:
    known = Profiles(profiles={"default": Profile(url="https://one", key=SecretStr("inf-1"))})
    write_profiles(find_file(environment), known)
    for option, variables in (("https://else", {}), (None, {"INFEROPS_URL": "https://else"})):
        with pytest.raises(SettingsError, match="is for https://one: set INFEROPS_API_KEY") as refused:
            find_session(None, option, environment | variables)
        assert "inf-1" not in str(refused.value)

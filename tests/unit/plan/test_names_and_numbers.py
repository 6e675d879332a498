"""The small pure functions: images, logins, keys, lifetimes, prices."""

import base64
from datetime import UTC, datetime

import pytest

from inferops.errors import SpecError
from inferops.plan.apikey import build_key, key_prefix, parse_key
from inferops.plan.conditions import timestamp
from inferops.plan.images import Image, parse_image
from inferops.plan.registry import pull_secret_name
from inferops.plan.scaling import polling_interval
from inferops.plan.triggers import pod_lifetime
from inferops.specs.registry import RegistrySpec
from inferops.specs.scaling import Scale, Schedule, Triggers


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("ghcr.io", Image("ghcr.io", "", "")),
        ("localhost:5000", Image("localhost:5000", "", "")),
        ("ghcr.io/acme/app:1", Image("ghcr.io", "acme/app", "1")),
        ("ghcr.io/acme/app", Image("ghcr.io", "acme/app", "latest")),
        ("localhost:5000/app:1", Image("localhost:5000", "app", "1")),
        ("registry.example:5000/a/b/c@sha256:ab", Image("registry.example:5000", "a/b/c", "sha256:ab")),
        ("ghcr.io/acme/app:1@sha256:ab", Image("ghcr.io", "acme/app", "sha256:ab")),
        ("acme/app:2", Image("docker.io", "acme/app", "2")),
        ("docker.io/nginx", Image("docker.io", "library/nginx", "latest")),
        ("docker.io/library/user/image:tag", Image("docker.io", "library/user/image", "tag")),
        ("index.docker.io", Image("docker.io", "", "")),
    ],
)
def test_an_image_reference_is_read_as_docker_reads_it(text: str, image: Image) -> None:
    assert parse_image(text) == image


def test_docker_hub_goes_by_three_names() -> None:
    image = parse_image("docker.io/acme/app:1")
    assert (image.api_host, image.auth_key) == ("registry-1.docker.io", "https://index.docker.io/v1/")


def test_the_pull_secret_is_named_after_the_registry_and_never_too_long() -> None:
    spec = RegistrySpec.model_validate(
        {"url": "ghcr.io", "username": "a", "passwordSecretRef": {"name": "s", "key": "k"}}
    )
    assert pull_secret_name("private", spec) == "private-pull"
    assert len(pull_secret_name("a" * 253, spec) or "") == 253
    assert pull_secret_name("open", RegistrySpec(url="ghcr.io")) is None


def test_a_key_is_made_of_all_its_random_bytes() -> None:
    key = build_key(bytes(range(32)))
    assert key == "inf-AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
    assert parse_key(base64.b64encode(f"{key}\n".encode()).decode()) == key


@pytest.mark.parametrize("key", [b"", b"\n", b"two words", b"t\xc3\xbcr", b"a\x00b"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_shown(key: bytes) -> None:
    with pytest.raises(SpecError) as refused:
        parse_key(base64.b64encode(key).decode())
    assert refused.value.reason == "InvalidKey"
    assert "two words" not in str(refused.value)


@pytest.mark.parametrize(
    ("key", "prefix"), [("inf-AAECAwQFBgcICQoLDA0ODx", "inf-AA"), ("short-key", "sh"), ("abc", "")]
)
def test_a_prefix_shows_a_quarter_of_the_key_at_most(key: str, prefix: str) -> None:
    assert key_prefix(key) == prefix


@pytest.mark.parametrize(("given", "lifetime", "interval"), [(0, 60, 3), (15, 15, 2), (120, 120, 6), (None, None, 30)])
def test_where_schedules_decide_too_polling_follows_the_lifetime(
    given: int | None, lifetime: int | None, interval: int
) -> None:
    schedule = Schedule(start="0 8 * * *", end="0 20 * * *", min=1)
    scheduled = Scale(min=0, max=1, triggers=Triggers(schedules=[schedule]))
    assert pod_lifetime(given) == lifetime
    assert polling_interval(scheduled, lifetime) == interval
    assert polling_interval(Scale(min=0, max=1), lifetime) == 30
    assert polling_interval(Scale(min=0, max=1, polling_interval=7), lifetime) == 7


def test_times_are_in_utc_with_whole_seconds() -> None:
    moment = datetime.fromisoformat("2026-01-01T13:00:00.9+01:00")
    assert timestamp(moment) == "2026-01-01T12:00:00Z"
    assert datetime.fromisoformat(timestamp(moment)) == datetime(2026, 1, 1, 12, tzinfo=UTC)

"""What a real registry is asked, and what its answers become."""

from collections.abc import Iterator

import pytest

from inferops.plan.registry_status import Answer
from inferops.reconcile.distribution import Login, check_registry
from inferops.specs.registry import RegistrySpec
from tests.support.apiserver import find_free_ports
from tests.support.registry import PASSWORD, REPOSITORY, USER, RunningRegistry, start_registry

ROBOT = Login(USER, PASSWORD)


@pytest.fixture(scope="module", params=["basic", "bearer"])
def plain(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    with start_registry(tmp_path_factory.mktemp("registry"), login=request.param) as registry:
        yield registry


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    with start_registry(tmp_path_factory.mktemp("registry"), tls=True) as registry:
        yield registry


async def ask(url: str, login: Login | None = ROBOT, *, insecure: bool = True, ca: str | None = None) -> Answer:
    return await check_registry(RegistrySpec(url=url, insecure=insecure, ca_bundle=ca), login)


async def test_the_right_password_finds_the_image_and_its_digest(plain: RunningRegistry) -> None:
    answer = await ask(plain.image)
    assert answer.reason == "Verified"
    assert (answer.digest or "").startswith("sha256:")


async def test_a_bare_host_is_verified_by_the_login_alone(plain: RunningRegistry) -> None:
    assert (await ask(plain.host)).reason == "Verified"


async def test_a_wrong_password_is_unauthorized_in_the_registrys_words(plain: RunningRegistry) -> None:
    for url in (plain.host, plain.image):
        answer = await ask(url, Login(USER, "wrong-password"))
        assert answer.reason == "Unauthorized"
        assert f'refuses user "{USER}" with the password given' in answer.message
        assert "wrong-password" not in str(answer)


async def test_no_password_is_unauthorized_and_says_what_to_set(plain: RunningRegistry) -> None:
    answer = await ask(plain.image, None)
    assert answer.reason == "Unauthorized"
    assert "passwordSecretRef" in answer.message


async def test_a_missing_tag_or_repository_is_not_found(plain: RunningRegistry) -> None:
    for name in (f"{REPOSITORY}:absent", "team/absent:1", f"{REPOSITORY}@sha256:{'0' * 64}"):
        answer = await ask(f"{plain.host}/{name}")
        assert answer.reason == "NotFound", answer


async def test_a_dead_host_is_unreachable() -> None:
    (port,) = find_free_ports(1)
    for host in (f"localhost:{port}", "registry.invalid"):
        answer = await ask(f"{host}/a/b:1")
        assert answer.reason == "Unreachable"
        assert host in answer.message


async def test_plain_http_is_spoken_only_where_the_user_allows_it(plain: RunningRegistry) -> None:
    assert (await ask(plain.image, insecure=False)).reason == "TLSFailed"


async def test_an_unknown_authority_fails_till_the_bundle_or_insecure_is_given(encrypted: RunningRegistry) -> None:
    failed = await ask(encrypted.image, insecure=False)
    assert failed.reason == "TLSFailed"
    assert "caBundle" in failed.message
    assert (await ask(encrypted.image, insecure=False, ca=encrypted.authority)).reason == "Verified"
    assert (await ask(encrypted.image)).reason == "Verified"


async def test_a_bundle_without_a_certificate_is_named(encrypted: RunningRegistry) -> None:
    bundle = "-----BEGIN CERTIFICATE-----\nbm90IG9uZQ==\n-----END CERTIFICATE-----\n"
    answer = await ask(encrypted.image, insecure=False, ca=bundle)
    assert answer.reason == "TLSFailed"
    assert "spec.caBundle" in answer.message


def test_a_login_does_not_show_its_password() -> None:
    assert PASSWORD not in f"{ROBOT!r} {ROBOT}"

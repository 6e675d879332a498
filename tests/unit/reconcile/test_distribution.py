"""What a real registry is asked, and what its answers become."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler

import pytest

from inferops.plan.docker_config import Login
from inferops.plan.registry_status import Answer
from inferops.reconcile.distribution import Platforms, check_registry
from inferops.specs.registry import RegistrySpec
from tests.support.ports import find_free_ports
from tests.support.registry import ARM, BOTH, PASSWORD, REPOSITORY, USER, RunningRegistry, start_registry
from tests.support.registry_front import Front, start_front

ROBOT = Login(USER, PASSWORD)


@pytest.fixture(scope="module", params=["basic", "bearer"])
def plain(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    with start_registry(tmp_path_factory.mktemp("registry"), login=request.param) as registry:
        yield registry


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    with start_registry(tmp_path_factory.mktemp("registry"), tls=True) as registry:
        yield registry


@pytest.fixture
def front(plain: RunningRegistry) -> Iterator[Front]:
    with start_front(f"http://{plain.host}") as front:
        yield front


async def ask(
    url: str,
    login: Login | None = ROBOT,
    *,
    insecure: bool = True,
    ca: str | None = None,
    platforms: Platforms | None = None,
) -> Answer:
    spec = RegistrySpec(url=url, insecure=insecure, ca_bundle=ca)
    return await check_registry(spec, login, {} if platforms is None else platforms)


async def test_the_right_password_finds_the_image_and_its_digest(plain: RunningRegistry) -> None:
    answer = await ask(plain.image)
    assert answer.reason == "Verified"
    assert (answer.digest or "").startswith("sha256:")


async def test_the_platforms_of_an_image_and_of_an_index_are_told(plain: RunningRegistry) -> None:
    found = {tag: (await ask(plain.tagged(tag))).platforms for tag in ("1", ARM, BOTH)}
    assert found == {"1": ("linux/amd64",), ARM: ("linux/arm64",), BOTH: ("linux/amd64", "linux/arm64")}


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


async def test_an_image_that_is_known_costs_no_pull(front: Front) -> None:
    platforms: Platforms = {}
    for _ in range(3):
        assert (await ask(front.image, platforms=platforms)).platforms == ("linux/amd64",)
    assert front.count()["GET manifests"] == 1
    assert front.count()["GET blobs"] == 1
    assert front.count()["HEAD manifests"] == 3


async def test_the_last_pulls_of_a_limit_are_left_to_the_nodes(front: Front) -> None:
    front.headers = {"ratelimit-limit": "100;w=21600", "ratelimit-remaining": "9;w=21600"}
    answer = await ask(front.image)
    assert (answer.reason, answer.platforms) == ("Verified", ())
    assert front.count()["GET manifests"] == 0


IN_FIVE_MINUTES = "in five minutes"
RETRY_AFTER: dict[str, tuple[dict[str, str], float | None]] = {
    "no wish": ({}, None),
    "seconds": ({"retry-after": "120"}, 120),
    "a date": ({"retry-after": IN_FIVE_MINUTES}, 300),
    "nonsense": ({"retry-after": "soon"}, None),
}


@pytest.mark.parametrize("name", RETRY_AFTER)
async def test_too_many_requests_are_told_with_the_wish_of_the_registry(front: Front, name: str) -> None:
    headers, wish = RETRY_AFTER[name]
    then = format_datetime(datetime.now(UTC) + timedelta(seconds=300), usegmt=True)
    headers = {header: then if value is IN_FIVE_MINUTES else value for header, value in headers.items()}
    front.rule = lambda _: (429, headers)
    answer = await ask(front.image)
    assert (answer.reason, answer.of_host) == ("RateLimited", True)
    assert answer.retry_after == (None if wish is None else pytest.approx(wish, rel=0.5))
    assert "asked too often" in answer.message


async def test_a_limit_that_is_met_after_the_ping_is_a_limit(front: Front) -> None:
    front.rule = lambda request: (429, {"retry-after": "7"}) if request.command == "HEAD" else None
    assert (await ask(front.image)).retry_after == 7


async def test_a_redirect_is_followed_and_takes_no_password_along(front: Front, plain: RunningRegistry) -> None:
    """As a registry that keeps its manifests and blobs with a storage provider."""
    with start_front(f"http://{plain.host}") as storage:

        def lead_away(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str]] | None:
            away = request.command == "HEAD" and bool(request.headers.get("authorization"))
            return (307, {"location": f"http://{storage.host}{request.path}"}) if away else None

        front.rule = lead_away
        storage.rule = lambda _: (200, {"docker-content-digest": "sha256:elsewhere"})
        answer = await ask(front.image)
    assert (answer.reason, answer.digest) == ("Verified", "sha256:elsewhere")
    assert [authorization for _, _, authorization in storage.seen] == [""]


async def test_a_redirect_within_the_registry_keeps_the_credentials(front: Front) -> None:
    tagged = f"/v2/{REPOSITORY}/manifests/1"
    front.rule = lambda request: (307, {"location": f"{tagged}?again"}) if request.path == tagged else None
    assert (await ask(front.image)).reason == "Verified"


async def test_redirects_without_end_do_end(front: Front) -> None:
    front.rule = lambda request: (302, {"location": request.path}) if request.command == "HEAD" else None
    answer = await ask(front.image)
    assert answer.reason == "Unreachable"
    assert "redirects" in answer.message


async def test_a_redirect_from_tls_to_a_line_without_is_refused(
    encrypted: RunningRegistry, front: Front, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with start_front(f"https://{encrypted.host}", tls=tmp_path_factory.mktemp("front")) as safe:
        safe.rule = lambda request: (307, {"location": f"http://{front.host}{request.path}"})
        answer = await ask(safe.image, insecure=False, ca=safe.authority)
    assert answer.reason == "Unreachable"
    assert "without TLS" in answer.message
    assert front.seen == []


CHALLENGES = {
    "no realm": "Bearer service=x",
    "a realm that is no URL": 'Bearer realm="http://[",service="x"',
    "a realm of another kind": 'Bearer realm="file:///etc/passwd",service="x"',
    "an unknown scheme": "Digest realm=x",
    "nothing": "",
}


@pytest.mark.parametrize("name", CHALLENGES)
async def test_an_impossible_challenge_is_an_answer_and_no_exception(front: Front, name: str) -> None:
    front.rule = lambda _: (401, {"www-authenticate": CHALLENGES[name]})
    answer = await ask(front.image)
    assert answer.reason in {"Unauthorized", "Unreachable"}
    assert PASSWORD not in str(answer)


async def test_what_is_no_registry_is_said_to_be_none(front: Front) -> None:
    front.rule = lambda _: (404, {})
    assert "check that spec.url names a container registry" in (await ask(front.image)).message


async def test_a_registry_without_head_is_asked_for_the_manifest(front: Front) -> None:
    front.rule = lambda request: (405, {}) if request.command == "HEAD" else None
    answer = await ask(front.image)
    assert (answer.reason, answer.platforms) == ("Verified", ("linux/amd64",))


def test_a_login_does_not_show_its_password() -> None:
    assert PASSWORD not in f"{ROBOT!r} {ROBOT}"

"""The console's files as a browser gets them, from a real server."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from inferops.api.app import build_app
from inferops.api.console import choose_encoding, read_console
from inferops.cli.api import CONSOLE, read_pages
from inferops.errors import SettingsError
from tests.support.cli import serve_app

PAGE = b"<!doctype html><title>inferops</title><script type=module src=./assets/index-a1.js></script>"
SCRIPT = b"document.title = 'inferops';\n" * 40


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """What `npm run build` leaves; the .br is no Brotli, which nobody here reads."""
    assets = tmp_path / "assets"
    assets.mkdir()
    (tmp_path / "index.html").write_bytes(PAGE)
    (assets / "index-a1.js").write_bytes(SCRIPT)
    (assets / "index-a1.js.gz").write_bytes(gzip.compress(SCRIPT))
    (assets / "index-a1.js.br").write_bytes(b"brotli")
    (assets / "small-b2.css").write_bytes(b"a{}")
    return tmp_path


@pytest.fixture
async def http(build: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A caller without a key who takes everything as it is."""
    async with (
        serve_app(build_app(None, read_console(build))) as url,
        httpx.AsyncClient(base_url=url, headers={"accept-encoding": "identity"}) as client,
    ):
        yield client


async def test_the_page_is_open_to_everybody_and_bound_to_its_own_host(http: httpx.AsyncClient) -> None:
    answer = await http.get("/")
    assert (answer.status_code, answer.content) == (200, PAGE)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"} <= set(policy)
    assert not any("unsafe" in each or "http" in each or "*" in each for each in policy)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "microphone=(self)" in answer.headers["permissions-policy"]
    assert answer.headers["cache-control"] == "no-cache"


async def test_a_page_that_the_browser_has_is_not_sent_again(http: httpx.AsyncClient) -> None:
    etag = (await http.get("/")).headers["etag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = await http.get("/", headers={"if-none-match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag), known
    assert (await http.get("/", headers={"if-none-match": '"other"'})).status_code == 200


async def test_assets_are_kept_for_good_since_their_names_change_with_their_content(http: httpx.AsyncClient) -> None:
    answer = await http.get("/assets/index-a1.js")
    assert (answer.status_code, answer.content) == (200, SCRIPT)
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("accepted", "encoding", "sent"),
    [
        ("gzip, deflate, br, zstd", "br", b"brotli"),
        ("gzip", "gzip", SCRIPT),
        ("br;q=0, gzip;q=0.5", "gzip", SCRIPT),
        ("identity", None, SCRIPT),
        ("br; q=0.000, gzip;q=0", None, SCRIPT),
    ],
)
async def test_the_best_form_that_the_browser_takes_is_sent(
    http: httpx.AsyncClient, accepted: str, encoding: str | None, sent: bytes
) -> None:
    async with http.stream("GET", "/assets/index-a1.js", headers={"accept-encoding": accepted}) as answer:
        raw = b"".join([part async for part in answer.aiter_raw()])
    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["vary"] == "accept-encoding"
    assert (gzip.decompress(raw) if encoding == "gzip" else raw) == sent


async def test_each_form_has_an_etag_of_its_own(http: httpx.AsyncClient) -> None:
    tags = set()
    for accepted in ("br", "gzip", "identity"):
        answer = await http.head("/assets/index-a1.js", headers={"accept-encoding": accepted})
        tags.add(answer.headers["etag"])
    assert len(tags) == 3


async def test_a_small_file_has_no_other_form(http: httpx.AsyncClient) -> None:
    answer = await http.get("/assets/small-b2.css", headers={"accept-encoding": "br, gzip"})
    assert (answer.content, "content-encoding" in answer.headers) == (b"a{}", False)


async def test_head_tells_the_same_without_the_body(http: httpx.AsyncClient) -> None:
    for path in ("/", "/assets/index-a1.js"):
        asked, told = await http.get(path), await http.head(path)
        assert (told.status_code, told.content) == (200, b"")
        for name in ("etag", "content-length", "content-type", "cache-control"):
            assert told.headers[name] == asked.headers[name], (path, name)


async def test_nothing_but_the_build_is_served(http: httpx.AsyncClient, build: Path) -> None:
    (build / "secret").write_text("no")
    wrong = (
        "/assets/none.js",
        "/assets/",
        "/assets/index-a1.js.gz",
        "/assets/../index.html/",
        "/assets/..%2Findex.html",
        "/assets/%2e%2e/secret",
        "/assets//etc/passwd",
        "/secret",
        "/instances",
    )
    for path in wrong:
        answer = await http.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json"), path


async def test_the_page_is_for_reading(http: httpx.AsyncClient) -> None:
    answer = await http.post("/")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


async def test_pages_and_their_description_work_below_any_path(build: Path) -> None:
    app = build_app(None, read_console(build))
    async with serve_app(app) as url, httpx.AsyncClient(base_url=url) as client:
        docs = (await client.get("/docs")).text
        start = (await client.get("/docs/start.js")).text
    assert 'src="/' not in docs
    assert 'href="/' not in docs
    assert 'url: "openapi.json"' in start


async def test_without_a_build_the_root_says_so() -> None:
    async with serve_app(build_app(None)) as url, httpx.AsyncClient(base_url=url) as client:
        answer = await client.get("/")
        asset = await client.get("/assets/index-a1.js")
    assert (answer.status_code, asset.status_code) == (404, 404)
    assert answer.json()["detail"].startswith("The console is not in this build.")


def test_a_folder_without_a_build_ends_the_start_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SettingsError, match=r"has no index\.html: name the folder"):
        read_console(tmp_path)
    monkeypatch.delenv(CONSOLE, raising=False)
    assert read_pages() == {}


@pytest.mark.parametrize("accepted", ["", "*", "zstd", ",,", ";q=1", "br ;q=0"])
def test_what_is_not_named_is_not_sent(accepted: str) -> None:
    assert choose_encoding(accepted, {"br": b"", "gzip": b"", "identity": b""}) == "identity"

"""`/` and `/assets/...`: the console's pages, as its build left them. Open to everybody: a key opens what they ask for.

Everything is read once, at the start: files of an image do not change. Names of assets have their content's hash, so
browsers keep them for good; the page that names them is asked for anew each time.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI, Request, Response

from inferops.api.etags import is_known
from inferops.api.problems import Refusal
from inferops.errors import SettingsError

INDEX = "index.html"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:;"
    " connect-src 'self'; font-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy: nothing of another host, nothing inline."""
ALWAYS = {"x-content-type-options": "nosniff", "cross-origin-resource-policy": "same-origin"}
OF_THE_PAGE = ALWAYS | {
    "content-security-policy": POLICY,
    "referrer-policy": "no-referrer",
    "permissions-policy": "microphone=(self), camera=(), geolocation=(), payment=(), usb=()",
    "cache-control": "no-cache",
}
OF_ASSETS = ALWAYS | {"cache-control": "public, max-age=31536000, immutable"}
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".png": "image/png",
    ".woff2": "font/woff2",
}
ENCODINGS = {"br": ".br", "gzip": ".gz", "identity": ""}
"""The best first, and what the build calls a file in it."""
ABSENT = "The console is not in this build. The REST API is at /ai-inference and described at /docs."


@dataclass(frozen=True)
class File:
    """One file of the build."""

    media_type: str
    contents: Mapping[str, bytes]
    """By encoding; always with identity."""
    digest: str


def read_console(folder: Path) -> dict[str, File]:
    """Every file by its path below the folder. Raises SettingsError where no console was built."""
    if not (folder / INDEX).is_file():
        raise SettingsError(f"INFEROPS_CONSOLE: {folder} has no {INDEX}: name the folder that `npm run build` writes")
    paths = [path for path in folder.rglob("*") if path.is_file() and path.suffix not in ENCODINGS.values()]
    return {str(path.relative_to(folder)): read_file(path) for path in paths}


def read_file(path: Path) -> File:
    """A file and its compressed copies."""
    forms = {encoding: path.with_name(path.name + suffix) for encoding, suffix in ENCODINGS.items()}
    contents = {encoding: form.read_bytes() for encoding, form in forms.items() if form.is_file()}
    digest = hashlib.sha256(contents["identity"]).hexdigest()[:16]
    return File(TYPES.get(path.suffix, "application/octet-stream"), contents, digest)


def add_console(app: FastAPI, files: Mapping[str, File]) -> None:
    """The routes; without files, `/` says that there is no console."""

    async def read_index(request: Request) -> Response:
        if not files:
            raise Refusal(404, ABSENT)
        return answer(request, files[INDEX], OF_THE_PAGE)

    async def read_asset(request: Request) -> Response:
        path = request.path_params["path"]
        if file := files.get(f"assets/{path}"):
            return answer(request, file, OF_ASSETS)
        raise Refusal(404, f"There is nothing at {request.url.path}.")

    app.add_route("/", read_index, methods=["GET", "HEAD"], include_in_schema=False)
    app.add_route("/assets/{path:path}", read_asset, methods=["GET", "HEAD"], include_in_schema=False)


def answer(request: Request, file: File, headers: Mapping[str, str]) -> Response:
    """The file in the best form that the caller takes; 304 where the caller has it."""
    encoding = choose_encoding(request.headers.get("accept-encoding", ""), file.contents)
    etag = f'"{file.digest}-{encoding}"'
    sent = {**headers, "etag": etag, "vary": "accept-encoding"}
    if is_known(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=sent)
    if encoding != "identity":
        sent["content-encoding"] = encoding
    return Response(file.contents[encoding], headers=sent, media_type=file.media_type)


def choose_encoding(accepted: str, contents: Mapping[str, bytes]) -> str:
    """RFC 9110, 12.5.3, as far as browsers and proxies use it: what is named and not refused by q=0."""
    wanted = set()
    for each in accepted.lower().split(","):
        name, _, weight = each.partition(";")
        if weight.replace(" ", "").rstrip("0.") != "q=":
            wanted.add(name.strip())
    return next((name for name in contents if name in wanted), "identity")

"""A real nginx in front of the gateway, configured as docs/gateway.md says."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from dev.cluster.layout import read_layout
from dev.cluster.progress import ClusterError
from dev.cluster.unpacked import unpack_package
from tests.support.eventually import eventually

PAGE = Path(__file__).resolve().parents[2] / "docs" / "gateway.md"
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def read_documented() -> str:
    """The configuration that operators are told to copy."""
    found = re.search(r"```nginx\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found
    return found[1]


def find_nginx() -> Path:
    try:
        return unpack_package(read_layout(), "nginx", "usr/sbin/nginx")
    except ClusterError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


def write_configuration(folder: Path, port: int, gateway: int, server: str) -> Path:
    """A configuration file; `server` has nginx.conf's blocks `upstream`, `map` and `server`."""
    server = re.sub(r"listen \d+", f"listen 127.0.0.1:{port}", server)
    server = re.sub(r"server [\w.-]+:\d+", f"server 127.0.0.1:{gateway}", server)
    paths = "\n".join(f"    {name}_temp_path {folder}/{name};" for name in TEMPORARY)
    path = folder / "nginx.conf"
    path.write_text(
        f"daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nerror_log {folder}/nginx.log;\n"
        f"events {{}}\nhttp {{\n    access_log off;\n{paths}\n{server}}}\n"
    )
    return path


def end_tls(server: str, folder: Path, certificate: dict[str, bytes]) -> str:
    """The same configuration with TLS and HTTP/2, as Ingress controllers have it; `certificate`: a Secret's data."""
    for name, content in certificate.items():
        (folder / name).write_bytes(content)
    files = f"ssl_certificate {folder}/tls.crt; ssl_certificate_key {folder}/tls.key;"
    return re.sub(r"listen (\d+);", rf"listen \1 ssl http2; {files}", server)


@asynccontextmanager
async def nginx(folder: Path, port: int, gateway: int, server: str = "") -> AsyncIterator[None]:
    """Listens on `port` in front of the gateway's port, until left."""
    path = write_configuration(folder, port, gateway, server or read_documented())
    command = (str(find_nginx()), "-p", str(folder), "-e", f"{folder}/nginx.log", "-c", str(path))
    process = await asyncio.create_subprocess_exec(*command)

    async def listens() -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        writer.close()
        return True

    try:
        await eventually(listens)
        yield
    finally:
        process.terminate()
        await process.wait()

"""An engine as a process of its own, for tests that kill it: `engine_process.py NAME ADDRESS PORT`."""

import asyncio
import sys

from tests.gateway.engine import Engine


async def main(name: str, address: str, port: str) -> None:
    async with Engine(name, address, int(port)):
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

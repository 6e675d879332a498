"""How long until many sleeping instances, created at once, have a true status and are routable. Needs `make up`.

`python -m bench.instances [COUNT]` prints what it sees and, last, a JSON line. Times are seconds from the first create.
"""

import json
import sys
import time
import uuid
from urllib.parse import urlsplit

import httpx

from dev.target import read_target
from tests.e2e.world import GATEWAY, Manifest, World, eventually, install_catalog, instance, resource

SLEEPING = {"min": 0, "max": 1, "triggers": {"http": {"rate": 10, "window": 60}}}


def main(count: int) -> None:
    """Create, watch, ask, and take it all away again."""
    target = read_target()
    install_catalog(target)
    world = World(target, f"bench-{uuid.uuid4().hex[:6]}")
    target.kubectl("create", "namespace", world.namespace)
    world.apply(resource("ApiKey", "e2e"))
    stranger = world.stranger()
    try:
        began = time.monotonic()
        world.create(*(instance(f"sleeper-{n}", scale=SLEEPING) for n in range(count)))
        result = {"instances": count, "created_s": round(time.monotonic() - began, 1)}
        statuses = eventually(lambda: read_pending(world, count), within=300)
        result["status_s"] = round(time.monotonic() - began, 1)
        wait_routable(statuses, stranger)
        result["routable_s"] = round(time.monotonic() - began, 1)
    finally:
        target.kubectl("delete", "namespace", world.namespace, "--wait=false")
    print(json.dumps(result))


def read_pending(world: World, count: int) -> list[Manifest]:
    """All statuses, once every instance says PENDING; until then none."""
    statuses = [item["status"] for item in json.loads(world.kubectl("get", "inf", "-o", "json"))["items"]]
    pending = sum(status["phase"] == "PENDING" for status in statuses)
    print(f"  {pending} of {count} have a true status", file=sys.stderr)
    return statuses if pending == count else []


def wait_routable(statuses: list[Manifest], stranger: str) -> None:
    """Until each instance answers 403 to a key that it does not open for: that is known without waking it."""
    with httpx.Client(base_url=GATEWAY, headers={"x-api-key": stranger}) as http:
        for status in statuses:
            host = urlsplit(status["address"]).netloc
            while http.get("/v1/models", headers={"host": host}).status_code != httpx.codes.FORBIDDEN:
                time.sleep(0.05)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)

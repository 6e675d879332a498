"""When a change of somebody else and a field of ours exclude each other.

Server-side apply merges: where a person renamed a port, or gave a volume another type, our port and our type would
stand beside theirs, and the API server refuses the sum. Then our spec replaces the whole one, once.
"""

from inferops.cluster.client import Client
from inferops.cluster.store import name_of
from inferops.names import Manifest

REPAIR_MANAGER = "inferops-repair"
"""Writes the whole spec, and is then taken off the record: it would hold fields that later plans drop."""


async def replace_spec(client: Client, manifest: Manifest) -> None:
    """Make everything but metadata and status what the manifest says; a count that is not ours stays. Raises Rejected
    when the manifest itself is what the API server refuses.
    """
    live = await client.get(manifest["kind"], *name_of(manifest))
    wanted = {key: value for key, value in manifest.items() if key != "metadata"}
    replicas = live.get("spec", {}).get("replicas")
    if replicas is not None and "replicas" not in wanted["spec"]:
        wanted["spec"] = {**wanted["spec"], "replicas": replicas}
    await client.replace({**live, **wanted}, manager=REPAIR_MANAGER)


async def forget_repair(client: Client, answer: Manifest) -> Manifest:
    """Take REPAIR_MANAGER off the record of who set what."""
    entries = [entry for entry in answer["metadata"]["managedFields"] if entry["manager"] != REPAIR_MANAGER]
    record = {"managedFields": entries, "resourceVersion": answer["metadata"]["resourceVersion"]}
    return await client.patch(answer["kind"], *name_of(answer), {"metadata": record})

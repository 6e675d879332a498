"""The client: what it asks, and what it makes of answers."""

import asyncio
from dataclasses import replace

import pytest

from inferops.cluster.client import PAGE, Client
from inferops.cluster.connection import Connection, read_connection
from inferops.errors import ClusterError, Conflict, NotFound, Rejected, SettingsError
from inferops.names import Manifest
from tests.support.apiserver import ApiServer
from tests.support.eventually import PATIENCE
from tests.support.ports import find_free_ports


def build_secret(namespace: str, name: str, **data: str) -> Manifest:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": namespace, "name": name}, "data": data}


async def test_apply_creates_updates_and_drops_what_is_no_longer_applied(client: Client, namespace: str) -> None:
    await client.apply(build_secret(namespace, "one", a="YQ==", b="Yg=="))
    assert (await client.get("Secret", namespace, "one"))["data"] == {"a": "YQ==", "b": "Yg=="}
    await client.apply(build_secret(namespace, "one", a="Yg=="))
    assert (await client.get("Secret", namespace, "one"))["data"] == {"a": "Yg=="}


async def test_a_dry_run_changes_nothing(client: Client, namespace: str) -> None:
    await client.apply(build_secret(namespace, "one", a="YQ=="), dry_run=True)
    with pytest.raises(NotFound, match='secrets "one" not found'):
        await client.get("Secret", namespace, "one")


async def test_delete_spares_another_object_of_that_name_and_takes_absence_well(client: Client, namespace: str) -> None:
    created = await client.apply(build_secret(namespace, "one"))
    await client.delete("Secret", namespace, "one", uid="another")
    assert await client.get("Secret", namespace, "one")
    await client.delete("Secret", namespace, "one", uid=created["metadata"]["uid"])
    await client.delete("Secret", namespace, "one")
    assert await client.list("Secret", namespace=namespace) == []


async def test_errors_have_the_words_of_the_api_server(client: Client, namespace: str) -> None:
    unknown_field = {**build_secret(namespace, "one"), "datas": {}}
    with pytest.raises(Rejected, match=r"field not declared in schema") as rejected:
        await client.apply(unknown_field)
    assert rejected.value.status == 422
    with pytest.raises(Rejected, match="illegal base64"):
        await client.apply(build_secret(namespace, "one", a="="))
    service: Manifest = {"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": namespace, "name": "UPPER"}}
    with pytest.raises(Rejected, match="UPPER"):
        await client.apply(service)
    await client.create(build_secret(namespace, "one"))
    with pytest.raises(Conflict, match='secrets "one" already exists'):
        await client.create(build_secret(namespace, "one"))


async def test_in_a_namespace_that_is_being_deleted_everything_counts_as_gone(
    client: Client, own: ApiServer, namespace: str
) -> None:
    own.http.delete(f"/api/v1/namespaces/{namespace}").raise_for_status()
    with pytest.raises(NotFound, match="being terminated"):
        await client.apply(build_secret(namespace, "one"))


async def test_an_update_of_an_old_version_is_a_conflict(client: Client, namespace: str) -> None:
    first = await client.create(build_secret(namespace, "one"))
    await client.replace({**first, "data": {"a": "YQ=="}})
    with pytest.raises(Conflict, match="modified"):
        await client.replace({**first, "data": {"a": "Yg=="}})


async def test_a_list_is_read_in_pages_and_each_item_knows_its_kind(
    client: Client, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert PAGE >= 100
    monkeypatch.setattr("inferops.cluster.client.PAGE", 3)
    for number in range(8):
        await client.create(build_secret(namespace, f"s{number}", a="YQ=="))
    listed = await client.list("Secret", namespace=namespace)
    assert [obj["metadata"]["name"] for obj in listed] == [f"s{number}" for number in range(8)]
    assert {(obj["apiVersion"], obj["kind"]) for obj in listed} == {("v1", "Secret")}


async def test_selectors_are_the_api_servers(client: Client, namespace: str) -> None:
    labelled = build_secret(namespace, "mine")
    labelled["metadata"]["labels"] = {"team": "a"}
    await client.create(labelled)
    await client.create({**build_secret(namespace, "helm"), "type": "helm.sh/release.v1"})
    mine = await client.list("Secret", namespace=namespace, selector="team=a")
    plain = await client.list("Secret", namespace=namespace, field_selector="type!=helm.sh/release.v1")
    assert [obj["metadata"]["name"] for obj in [*mine, *plain]] == ["mine", "mine"]


async def test_nothing_is_written_without_leave(connection: Connection, namespace: str) -> None:
    async with Client(connection, may_write=lambda: False) as fenced:
        for write in (
            fenced.apply(build_secret(namespace, "one")),
            fenced.create(build_secret(namespace, "one")),
            fenced.patch("Secret", namespace, "one", {}),
            fenced.delete("Secret", namespace, "one"),
        ):
            with pytest.raises(ClusterError, match="does not hold the Lease"):
                await write
        assert await fenced.list("Secret", namespace=namespace) == []


async def test_a_write_whose_leave_ends_on_the_way_is_not_carried_out(connection: Connection, namespace: str) -> None:
    """As in a process that was frozen while it waited for a connection."""
    answers = iter([True])
    async with Client(connection, may_write=lambda: next(answers, False)) as fenced:
        with pytest.raises(ClusterError, match="does not hold the Lease"):
            await fenced.create(build_secret(namespace, "one"))
        assert await fenced.list("Secret", namespace=namespace) == []


async def test_an_api_server_that_is_away_is_an_error_to_try_again(connection: Connection) -> None:
    nowhere = replace(connection, server=f"https://127.0.0.1:{find_free_ports(1)[0]}")
    async with asyncio.timeout(5 * PATIENCE), Client(nowhere) as lost:
        with pytest.raises(ClusterError, match="did not answer") as error:
            await lost.get("Secret", "default", "one")
    assert error.value.status == 0


def test_an_unknown_context_is_named(own: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(own.kubeconfig))
    with pytest.raises(SettingsError, match="nowhere"):
        read_connection("nowhere")

"""The command line: who somebody is, what there is, what it costs, and how it tells of faults."""

import stat
from pathlib import Path

import pytest
import yaml

from inferops.api.app import build_app
from tests.gateway.certificates import Authority, mount
from tests.support.cli import Terminal, columns, serve_app
from tests.support.rest import Rest, make_key


async def log_in(terminal: Terminal, key: str, *arguments: str) -> str:
    """Logged in by a profile from now on, not by the environment."""
    terminal.environment |= {"INFEROPS_URL": None, "INFEROPS_API_KEY": None}
    return (await terminal.type("login", "--url", terminal.url, *arguments, stdin=f"{key}\n")).output


async def test_a_login_keeps_address_and_key_for_later_commands(terminal: Terminal, rest: Rest, catalog: str) -> None:
    assert f"as {rest.namespace}/manager" in await log_in(terminal, rest.key)
    assert catalog in (await terminal.type("models", "-o", "name")).stdout.split()
    file = terminal.home / "inferops" / "config.yaml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_a_key_that_opens_nothing_is_not_kept(terminal: Terminal) -> None:
    terminal.environment |= {"INFEROPS_URL": None, "INFEROPS_API_KEY": None}
    line = await terminal.fail(4, "login", "--url", terminal.url, stdin="inf-wrong\n")
    assert "`inferops login` takes another key" in line
    assert "inf-wrong" not in line
    assert not (terminal.home / "inferops").exists()


async def test_profiles_are_listed_chosen_and_forgotten(terminal: Terminal, rest: Rest) -> None:
    await log_in(terminal, rest.key)
    await log_in(terminal, rest.key, "--profile", "second")
    listed = await terminal.read("profile", "list")
    assert [(each["name"], each["current"]) for each in listed] == [("default", False), ("second", True)]
    assert rest.key not in (await terminal.type("profile", "list", "-o", "yaml")).output
    await terminal.type("profile", "use", "default")
    await terminal.type("profile", "delete", "default")
    assert await terminal.read("profile", "list") == [{"name": "second", "url": terminal.url, "current": True}]
    assert 'Did you mean "second"?' in await terminal.fail(1, "models", "--profile", "secnd")
    assert 'no profile "default"' in await terminal.fail(3, "profile", "use", "default")


async def test_nobody_logged_in_is_told_what_to_do(terminal: Terminal) -> None:
    terminal.environment |= {"INFEROPS_URL": None, "INFEROPS_API_KEY": None}
    assert "run `inferops login`" in await terminal.fail(1, "models")


async def test_a_model_that_is_almost_there_is_told(terminal: Terminal, catalog: str) -> None:
    assert f'Did you mean "{catalog}"?' in await terminal.fail(3, "models", f"{catalog}x")


@pytest.mark.parametrize("text", ["profiles: [", "profiles: {default: {key: inf-secret}}", "- inf-secret"])
async def test_a_broken_file_is_told_without_what_is_in_it(terminal: Terminal, tmp_path: Path, text: str) -> None:
    file = tmp_path / "inferops" / "config.yaml"
    file.parent.mkdir()
    file.write_text(text)
    line = await terminal.fail(1, "models")
    assert str(file) in line
    assert "inf-secret" not in line


async def test_a_certificate_authority_that_is_none_is_told(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    line = await terminal.fail(1, "login", "--url", terminal.url, "--ca", str(tmp_path / "ca.pem"), stdin="inf-x\n")
    assert "no certificates in PEM" in line


async def test_an_authority_of_ones_own_is_trusted_where_it_is_named(
    terminal: Terminal, rest: Rest, tmp_path: Path
) -> None:
    authority, served = Authority(), tmp_path / "served"
    mount(served, authority.issue("localhost"))
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    async with serve_app(build_app(rest.services), served) as url:
        terminal.url = url
        terminal.environment |= {"INFEROPS_URL": None, "INFEROPS_API_KEY": None}
        assert "`inferops login --ca`" in await terminal.fail(6, "login", "--url", url, stdin=f"{rest.key}\n")
        assert rest.namespace in await log_in(terminal, rest.key, "--ca", str(tmp_path / "ca.pem"))
        await terminal.type("models")


@pytest.mark.parametrize("command", ["models", "hardware"])
async def test_the_catalog_is_told_in_every_form(terminal: Terminal, catalog: str, command: str) -> None:
    table = list(columns((await terminal.type(command)).stdout))
    assert table[0][0] == "ID"
    assert catalog in {row[0] for row in table[1:]}
    assert catalog in {each["id"] for each in await terminal.read(command)}
    one = await terminal.type(command, catalog, "-o", "yaml")
    assert yaml.safe_load(one.stdout)["id"] == catalog
    assert (await terminal.type(command, catalog)).stdout.splitlines()[0].split() == ["Id:", catalog]
    assert "There is no" in await terminal.fail(3, command, "nothing-of-the-kind")


async def test_regions_go_by_number_and_by_name(terminal: Terminal, catalog: str) -> None:
    known = await terminal.read("regions")
    assert catalog
    region = known[0]
    assert await terminal.read("regions", str(region["id"])) == region
    assert "there is no region" in await terminal.fail(3, "regions", "Atlantis")


async def test_a_price_is_told_for_the_most_replicas(terminal: Terminal, catalog: str, rest: Rest) -> None:
    number = (await rest.client.get("Region", "", catalog))["spec"]["id"]
    price = await terminal.read("price", catalog, "--region", f"{number}=4")
    assert price["pricePerMonth"] == pytest.approx(price["pricePerHour"] * 730)
    assert "must be REGION=MAX" in await terminal.fail(2, "price", catalog, "--region", f"{number}=none")
    assert "nothing" in await terminal.fail(2, "price", "nothing", "--region", f"{number}=4")


async def test_a_key_without_the_scope_is_refused(terminal: Terminal, rest: Rest) -> None:
    terminal.environment["INFEROPS_API_KEY"] = await make_key(
        rest.client, rest.namespace, "caller", scopes=["inference"]
    )
    await terminal.fail(4, "models")


async def test_nobody_at_the_address_is_told_with_it(terminal: Terminal) -> None:
    terminal.environment["INFEROPS_URL"] = "http://127.0.0.1:9"
    assert "http://127.0.0.1:9/ cannot be reached" in await terminal.fail(6, "models")
    terminal.environment["INFEROPS_URL"] = "nonsense"
    assert "give the gateway's address" in await terminal.fail(1, "models")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
async def test_the_shell_gets_its_completion(terminal: Terminal, shell: str) -> None:
    assert "_INFEROPS_COMPLETE" in (await terminal.type("completion", shell)).stdout


async def test_tab_knows_ids(terminal: Terminal, catalog: str) -> None:
    terminal.environment |= {
        "_INFEROPS_COMPLETE": "bash_complete",
        "COMP_WORDS": f"inferops models {catalog[:4]}",
        "COMP_CWORD": "2",
    }
    assert f"plain,{catalog}" in (await terminal.type()).stdout

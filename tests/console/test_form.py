"""The form that makes and changes instances: the API's own words beside the fields, YAML, and what others change."""

import re

import pytest
import yaml
from playwright.sync_api import Locator, expect

from inferops.names import Manifest
from tests.console.browser import Tab
from tests.console.scene import build_instance
from tests.e2e.world import World

MODEL = re.compile("console-engine")
TRIGGERS = (
    "Requests in progress",
    "Request rate",
    "Engine\u2019s queue",
    "Token rate",
    "CPU",
    "Memory",
    "GPU utilization",
    "GPU memory",
)


@pytest.fixture
def new(tab: Tab) -> Tab:
    """The form of a new instance."""
    tab.open("instances/_new")
    tab.page.get_by_role("radio", name=MODEL).check()
    return tab


def manifest_of(tab: Tab) -> Locator:
    """The YAML, which the API has accepted."""
    card = tab.page.get_by_role("region", name="YAML")
    expect(card).to_contain_text("accepted by the API")
    return card.locator("pre")


def said_of(field: Locator) -> Locator:
    """What stands beneath an input that is wrong."""
    expect(field).to_have_attribute("aria-invalid", "true")
    return field.locator("xpath=..")


def test_a_name_that_is_taken_is_told_beside_the_name(new: Tab) -> None:
    name = new.page.get_by_label("Name of the instance")
    name.fill("chat")
    expect(said_of(name)).to_contain_text('There is already one named "chat"')
    name.fill("chat-of-mine")
    expect(manifest_of(new)).to_contain_text("name: chat-of-mine")


def test_every_trigger_is_judged_and_in_the_yaml_which_makes_the_instance(new: Tab, world: World) -> None:
    page = new.page
    page.get_by_label("Name of the instance").fill("from-yaml")
    page.get_by_label("At least").fill("0")
    page.get_by_text("Scaling", exact=True).click()
    for trigger in TRIGGERS:
        page.get_by_role("checkbox", name=trigger, exact=True).check()
    page.get_by_role("button", name="Add a schedule").click()
    page.get_by_label("Requests per replica").fill("7")
    expect(said_of(page.get_by_label("Percent").last)).to_contain_text("the hardware has no GPU")
    for trigger in ("GPU utilization", "GPU memory"):
        page.get_by_role("checkbox", name=trigger).uncheck()
    text = manifest_of(new)
    expect(text).to_contain_text("rate: 7")
    expect(text).to_contain_text("min: 0")
    spec = yaml.safe_load(text.inner_text())
    triggers = spec["spec"]["regions"][0]["scale"]["triggers"]
    assert sorted(triggers) == ["concurrency", "cpu", "http", "memory", "queue", "schedules", "tokens"]
    spec["spec"]["stopped"] = True
    triggers["schedules"][0]["timezone"] = "UTC"  # the default, which YAML leaves out
    world.apply(spec)
    assert world.get("inf", "from-yaml")["spec"]["regions"][0]["scale"]["triggers"] == triggers


def test_an_image_of_ones_own_needs_what_the_api_says(new: Tab) -> None:
    page = new.page
    page.get_by_role("radio", name="Own image").check()
    page.get_by_label("Image", exact=True).fill("ghcr.io/team/engine:1.0")
    page.get_by_label("Port").fill("80000")
    expect(said_of(page.get_by_label("Port"))).to_contain_text("less than or equal to 65535")
    page.get_by_label("Port").fill("80")
    page.get_by_role("button", name="Create instance").click()
    expect(new.main).to_contain_text("hardware is missing: without a model there is no default")
    page.get_by_role("radio", name=re.compile("e2e-cpu")).check()
    text = manifest_of(new)
    expect(text).to_contain_text("image: ghcr.io/team/engine:1.0")
    expect(text).to_contain_text("containerPort: 80")


def test_what_is_folded_away_opens_where_it_is_wrong(new: Tab) -> None:
    page = new.page
    page.get_by_text("Environment variables").click()
    page.get_by_role("button", name="Add a variable").click()
    page.get_by_label("Variable", exact=True).fill("1 BAD")
    page.get_by_text("Environment variables").click()
    page.get_by_role("button", name="Create instance").click()
    expect(page.get_by_label("Variable", exact=True)).to_be_visible()
    expect(new.main.locator("details[open]")).to_contain_text("should match pattern")


def test_a_variable_that_is_given_twice_is_told(new: Tab) -> None:
    page = new.page
    page.get_by_text("Environment variables").click()
    for value in ("first", "second"):
        page.get_by_role("button", name="Add a variable").click()
        page.get_by_label("Variable", exact=True).last.fill("MODE")
        page.get_by_label("Value", exact=True).last.fill(value)
    earlier = page.get_by_label("Variable", exact=True).first
    expect(said_of(earlier)).to_contain_text("only the last value is kept")
    expect(manifest_of(new)).to_contain_text("value: second")
    page.get_by_role("button", name="Remove variable MODE").first.click()
    expect(earlier).to_have_attribute("aria-invalid", "false")


def test_a_change_keeps_what_the_form_does_not_show(tab: Tab, world: World) -> None:
    beyond: Manifest = {
        "rollout": {"strategy": "Surge", "drainSeconds": 5},
        "cache": {"size": "1Gi"},
        "probes": {"readiness": {"periodSeconds": 7}},
        "podTemplate": {"metadata": {"labels": {"team": "a"}}},
        "ingress": {"annotations": {"a": "b"}},
    }
    token = {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "elsewhere", "key": "token"}}}
    world.apply(build_instance("beyond", stopped=True, env=[token], **beyond))
    page = tab.page
    tab.open("instances/beyond/edit")
    expect(tab.main).to_contain_text("no inputs for rollout, cache, ingress, probes, podTemplate, env.valueFrom")
    page.get_by_text("Environment variables").click()
    page.get_by_role("button", name="Add a variable").click()
    page.get_by_label("Variable", exact=True).fill("MODE")
    page.get_by_label("Value", exact=True).fill("fast")
    page.get_by_text("Advanced", exact=True).click()
    page.get_by_label("Arguments").fill("--greeting 'good day'")
    expect(manifest_of(tab)).to_contain_text("- good day")
    before = world.get("inf", "beyond")["spec"]
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("heading", level=1, name="beyond", exact=True)).to_be_visible()
    env = [token, {"name": "MODE", "value": "fast"}]
    assert world.get("inf", "beyond")["spec"] == before | {"args": ["--greeting", "good day"], "env": env}
    assert {field: before[field] for field in beyond} == beyond


def test_a_public_instance_is_warned_of(new: Tab) -> None:
    new.page.get_by_role("checkbox", name="owner").check()
    expect(manifest_of(new)).to_contain_text("apiKeys:")
    new.page.get_by_role("radio", name="Public").check()
    expect(new.main.get_by_role("note")).to_contain_text("Everybody who knows the address may call it")
    expect(manifest_of(new)).to_contain_text("auth: None")
    expect(manifest_of(new)).not_to_contain_text("apiKeys:")


def test_a_change_is_put_on_top_of_what_somebody_else_changed_meanwhile(tab: Tab, world: World) -> None:
    scale = {"min": 1, "max": 1, "triggers": {"concurrency": {"target": 4}}}
    world.apply(build_instance("edited", stopped=True, scale=scale))
    page = tab.page
    tab.open("instances/edited/edit")
    save = page.get_by_role("button", name="Save changes")
    expect(save).to_be_disabled()
    page.get_by_label("At most").fill("2")
    expect(manifest_of(tab)).to_contain_text("max: 2")
    world.kubectl("patch", "inf", "edited", "--type=merge", "-p", '{"spec": {"description": "theirs"}}')
    save.click()
    expect(tab.main.get_by_role("alert")).to_contain_text("has been changed since")
    tab.shoot("form-conflict")
    page.get_by_role("button", name="Read it anew, keep my changes").click()
    expect(manifest_of(tab)).to_contain_text("description: theirs")
    expect(page.get_by_label("At most")).to_have_value("2")
    save.click()
    expect(page.get_by_role("heading", level=1, name="edited", exact=True)).to_be_visible()
    spec = world.get("inf", "edited")["spec"]
    assert (spec["description"], spec["regions"][0]["scale"]) == (
        "theirs",
        {**scale, "max": 2, "cooldownPeriod": 60},
    )

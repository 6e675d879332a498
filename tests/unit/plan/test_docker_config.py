"""Logins in Docker's configuration: what the kubelet would use, and nothing else."""

import base64
import json
from typing import Any

import pytest

from inferops.errors import SpecError
from inferops.plan.docker_config import Login, docker_config, read_login
from inferops.plan.images import parse_image

ROBOT = Login("robot", "pass:word")


def auth(username: str, password: str) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{username}:{password}".encode()).decode()}


HERE = auth(*ROBOT)
ELSEWHERE = auth("other", "other")
ECR = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
MATCHES: dict[str, tuple[str, dict[str, Any]]] = {
    "host": ("ghcr.io/acme/app:1", {"ghcr.io": HERE}),
    "URL": ("ghcr.io/acme/app:1", {"https://ghcr.io": HERE}),
    "URL with a version": ("ghcr.io/acme/app:1", {"https://ghcr.io/v2/": HERE}),
    "host and port": ("localhost:5000/app:1", {"localhost": ELSEWHERE, "localhost:5000": HERE}),
    "Docker Hub as docker login writes it": ("acme/app:1", {"https://index.docker.io/v1/": HERE}),
    "Docker Hub by its name": ("docker.io/acme/app:1", {"docker.io": HERE, "index.docker.io": ELSEWHERE}),
    "the longest path": ("ghcr.io/acme/app:1", {"ghcr.io": ELSEWHERE, "ghcr.io/acme": HERE, "ghcr.io/b": ELSEWHERE}),
    "wildcard": ("team.azurecr.io/app:1", {"*.azurecr.io": HERE}),
    "user name and password": ("ghcr.io/a/b:1", {"ghcr.io": {"username": "robot", "password": "pass:word"}}),
    "auth before user name": ("ghcr.io/a/b:1", {"ghcr.io": {"username": "x", "password": "y", **HERE}}),
    "auth without padding": ("ghcr.io/a/b:1", {"ghcr.io": {"auth": HERE["auth"].rstrip("=")}}),
    "ECR": (f"{ECR}/app:1", {ECR: HERE}),
    "a bare host has the login of any path": ("ghcr.io", {"ghcr.io/acme": HERE}),
}
NO_MATCHES: dict[str, tuple[str, dict[str, Any]]] = {
    "another host": ("ghcr.io/acme/app:1", {"quay.io": HERE}),
    "another port": ("localhost:5000/app:1", {"localhost:5001": HERE}),
    "a wildcard for one label": ("a.b.azurecr.io/app:1", {"*.azurecr.io": HERE}),
    "a path of others": ("ghcr.io/acme/app:1", {"ghcr.io/team": HERE}),
    "the default host is only Docker Hub's": ("ghcr.io/acme/app:1", {"https://index.docker.io/v1/": HERE}),
    "a token that nodes do not use": ("acr.azurecr.io/app:1", {"acr.azurecr.io": {"identitytoken": "t"}}),
    "nobody": ("ghcr.io/acme/app:1", {}),
}
BROKEN = {
    "no JSON": "password",
    "no auths": "{}",
    "a list": "[]",
    "an entry that is text": '{"auths": {"ghcr.io": "x"}}',
    "auth that is no base64": '{"auths": {"ghcr.io": {"auth": "%%%"}}}',
    "auth without colon": json.dumps({"auths": {"ghcr.io": {"auth": base64.b64encode(b"s3cret").decode()}}}),
}


@pytest.mark.parametrize("name", MATCHES)
def test_the_login_is_the_one_that_a_node_would_try_first(name: str) -> None:
    image, auths = MATCHES[name]
    assert read_login(json.dumps({"auths": auths}), parse_image(image)) == ROBOT


@pytest.mark.parametrize("name", NO_MATCHES)
def test_without_a_login_for_the_image_a_node_pulls_without(name: str) -> None:
    image, auths = NO_MATCHES[name]
    assert read_login(json.dumps({"auths": auths}), parse_image(image)) is None


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_configuration_is_the_users_and_its_text_is_not_shown(name: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_login(BROKEN[name], parse_image("ghcr.io/acme/app:1"))
    assert caught.value.reason == "InvalidSecret"
    assert "s3cret" not in str(caught.value)
    assert "kubectl create secret docker-registry" in str(caught.value)


def test_a_google_key_is_a_password_like_any_other() -> None:
    key = json.dumps({"type": "service_account", "private_key": "-----BEGIN: x"})
    config = json.dumps({"auths": {"europe-docker.pkg.dev": auth("_json_key", key)}})
    assert read_login(config, parse_image("europe-docker.pkg.dev/p/r/app:1")) == ("_json_key", key)


@pytest.mark.parametrize("host", ["ghcr.io", "docker.io", "localhost:5000"])
def test_a_login_is_found_again_in_the_configuration_that_holds_it(host: str) -> None:
    image = parse_image(f"{host}/acme/app")
    assert read_login(docker_config(image.auth_key, ROBOT), image) == ROBOT


def test_a_login_does_not_show_its_password() -> None:
    assert "pass:word" not in f"{ROBOT!r} {ROBOT}"

"""Who may call what, as the official client sees it."""

import httpx
import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam

from tests.e2e.world import Manifest, World, eventually, instance

HELLO: list[ChatCompletionMessageParam] = [{"role": "user", "content": "hello"}]


@pytest.fixture
def served(world: World) -> tuple[World, Manifest, str]:
    world.apply(instance("chat"))
    status = world.wait_phase("chat", "ACTIVE")
    key = world.key("e2e")
    world.wait_routable(status, key)
    return world, status, key


def test_every_way_in_answers(served: tuple[World, Manifest, str]) -> None:
    world, status, key = served
    own, shared = world.client(status, key), world.shared_client(key)
    by_id = shared.with_options(base_url=str(shared.base_url).replace("/v1", f"/v2/{status['id']}/openai/v1"))
    for client in (own, shared, by_id):
        answer = client.chat.completions.create(model=status["model"], messages=HELLO, max_tokens=4)
        assert answer.choices[0].message.content
    assert status["model"] in [model.id for model in shared.models.list()]


def test_a_wrong_key_is_401_a_foreign_key_403_an_unknown_model_404(served: tuple[World, Manifest, str]) -> None:
    world, status, key = served
    stranger = world.stranger()

    def ask(client: openai.OpenAI, model: str = status["model"]) -> None:
        client.chat.completions.create(model=model, messages=HELLO)

    with pytest.raises(openai.AuthenticationError) as wrong:
        ask(world.client(status, "sk-wrong"))
    assert wrong.value.code == "invalid_api_key"
    with pytest.raises(openai.PermissionDeniedError):
        ask(world.client(status, stranger))
    with pytest.raises(openai.NotFoundError) as unknown:
        ask(world.shared_client(key), "no-such-model")
    assert unknown.value.code == "model_not_found"


def test_a_disabled_key_stops_within_a_second(served: tuple[World, Manifest, str]) -> None:
    world, status, key = served
    world.chat(status, key)
    world.kubectl("patch", "apikey", "e2e", "--type=merge", "-p", '{"spec": {"disabled": true}}')
    eventually(lambda: world.ask_models(status, key) == httpx.codes.UNAUTHORIZED, within=1, every=0.05)


def test_the_engine_never_sees_the_key(served: tuple[World, Manifest, str]) -> None:
    world, status, key = served
    answer = world.client(status, key).chat.completions.with_raw_response.create(
        model=status["model"],
        messages=HELLO,
        max_tokens=4,
    )
    assert key not in answer.text
    assert answer.headers["x-engine-credentials"] == "none"

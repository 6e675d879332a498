"""A chat over several turns, and what an engine may answer."""

import pytest

from inferops.cli.remote.chat import obey
from inferops.cli.remote.conversation import HELP, Conversation, build_data_url
from inferops.cli.remote.inference import read_chunks
from inferops.cli.remote.output import clean
from inferops.client import ApiError


def test_a_turn_knows_those_before_it_once_they_were_answered() -> None:
    conversation = Conversation(system="be brief")
    assert [each["role"] for each in conversation.ask("one")] == ["system", "user"]
    assert [each["role"] for each in conversation.ask("again, since that failed")] == ["system", "user"]
    conversation.answered("one", "first")
    assert conversation.ask("two")[1:] == [
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "first"},
        {"role": "user", "content": "two"},
    ]


def test_an_image_goes_with_one_message_and_stays_in_what_was_said() -> None:
    conversation = Conversation(images=["https://example.com/cat.png"])
    (asked,) = conversation.ask("what is it?")
    assert [part["type"] for part in asked["content"]] == ["text", "image_url"]
    conversation.answered("what is it?", "a cat")
    assert conversation.ask("sure?")[0] == asked
    assert conversation.ask("sure?")[-1]["content"] == "sure?"


def test_a_file_becomes_a_url_if_it_is_an_image() -> None:
    assert build_data_url("cat.png", b"\x89PNG") == "data:image/png;base64,iVBORw=="
    with pytest.raises(ValueError, match="must be an image"):
        build_data_url("cat.txt", b"")


def test_a_line_with_a_slash_is_no_message() -> None:
    conversation = Conversation(system="old")
    conversation.answered("one", "first")
    assert obey(conversation, "/system") == "no system prompt"
    assert obey(conversation, "/image https://example.com/cat.png") == "1 image(s) with the next message"
    assert obey(conversation, "/clear") == "forgotten"
    assert (conversation.system, conversation.said, conversation.images) == (None, [], [])
    assert obey(conversation, "/what") == HELP


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ('{"error": {"message": "the key was revoked", "code": "invalid_api_key"}}', "the key was revoked"),
        ('{"error": "broken"}', "broken"),
        ("<html>", "does not answer as OpenAI's API does"),
        ("[]", "does not answer as OpenAI's API does"),
    ],
)
def test_an_error_in_the_middle_of_an_answer_is_told(data: str, says: str) -> None:
    chunks = read_chunks(iter(['data: {"choices": []}', "", f"data: {data}", ""]))
    assert next(chunks) == {"choices": []}
    with pytest.raises(ApiError, match=says):
        next(chunks)


def test_a_terminal_gets_no_commands_of_others() -> None:
    assert clean("a\x1b]0;title\x07b\n\tc\u202e") == "a]0;titleb\n\tc"

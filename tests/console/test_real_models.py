"""Real vLLM behind the playground: a chat, and speech, as `make demo` starts them."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from dev.demo.__main__ import read_key, start
from dev.target import Target
from tests.console.browser import Tab
from tests.console.talk import ask

SPEECH = Path(__file__).parents[2] / "examples" / "audio" / "hello.wav"
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d494844520000000100000001080600000"
    "01f15c4890000000d49444154789c6364f8cf500f00038601801a6357da0000000049454e44ae426082"
)


@pytest.fixture(scope="module")
def manager(target: Target) -> str:
    """The demo's key, once both models are loaded: half a minute each, side by side, unless the demo runs already."""
    if not target.local:
        pytest.skip(f"the demo brings its own registry, and context {target.context} is not the local cluster")
    start(target)
    return read_key(target, "manager")


@pytest.fixture
def tab(stranger: Tab, manager: str) -> Tab:
    """The console, signed in where the demo is."""
    stranger.sign_in(manager)
    return stranger


def test_real_vllm_streams_an_answer_and_refuses_a_picture_in_its_own_words(tab: Tab) -> None:
    tab.open("playground/chat")
    answer = ask(tab, "hello")
    expect(answer).to_contain_text("Hello! I am a tiny model.")
    expect(answer).to_contain_text("tokens/s")
    pictures = tab.page.get_by_label("Pictures: JPEG")
    pictures.set_input_files({"name": "photo.png", "mimeType": "image/png", "buffer": b"%PDF-1.7 no picture"})
    expect(tab.main.get_by_role("alert")).to_contain_text("photo.png")
    pictures.set_input_files({"name": "photo.png", "mimeType": "image/png", "buffer": PIXEL})
    expect(ask(tab, "what is this?").get_by_role("alert")).to_contain_text("is not a multimodal model")


def test_speech_from_a_file_is_transcribed_and_what_is_no_sound_refused(tab: Tab) -> None:
    tab.open("playground/whisper")
    audio = tab.page.get_by_label("Audio file")
    audio.set_input_files({"name": "hello.wav", "mimeType": "audio/wav", "buffer": b"GIF89a no sound"})
    expect(tab.main.get_by_role("alert")).to_contain_text("hello.wav")
    audio.set_input_files(SPEECH)
    tab.page.get_by_role("button", name="Run").click()
    expect(tab.page.get_by_role("status", name="Transcript")).to_contain_text("I hear someone speak")

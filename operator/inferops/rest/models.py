"""Models: what an instance can serve."""

from pydantic import Field

from inferops.rest.base import Answer, show
from inferops.rest.usage import Money

EXAMPLE = {
    "id": "12ed7523-432c-48f5-b3cd-32e6726d07c8",
    "name": "stable-diffusion",
    "port": 8000,
    "defaultHardwareId": "59651ba4-657a-41d4-8c42-00f34f732375",
    "features": ["image"],
    "servedName": "stable-diffusion",
    "engine": "vLLM",
    "prices": {"inputPerMillionTokens": "0.5", "outputPerMillionTokens": "1", "perAudioMinute": None},
}


class ModelPrices(Answer):
    """What its use costs; null: that is not priced, and counts as unpriced usage."""

    input_per_million_tokens: Money | None = None
    output_per_million_tokens: Money | None = None
    per_audio_minute: Money | None = None


class Model(Answer):
    """A model of the catalog."""

    model_config = show(EXAMPLE)
    id: str
    name: str = Field(description="Its name for people.")
    port: int = Field(description="Port that its engine listens on.")
    default_hardware_id: str | None = Field(description="Hardware of instances that name none.")
    features: list[str] = Field(
        description="What it can do: chat, completion, vision, audio, embeddings, rerank or image."
    )
    served_name: str | None = Field(default=None, description="The model name that requests carry.")
    engine: str | None = Field(default=None, description="vLLM, Whisper or Custom.")
    prices: ModelPrices | None = Field(default=None, description="null: its use has no price.")

"""Models: what an instance can serve."""

from pydantic import Field

from inferops.rest.base import Answer, show

EXAMPLE = {
    "id": "12ed7523-432c-48f5-b3cd-32e6726d07c8",
    "name": "stable-diffusion",
    "port": 8000,
    "defaultHardwareId": "59651ba4-657a-41d4-8c42-00f34f732375",
    "features": ["image"],
}


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

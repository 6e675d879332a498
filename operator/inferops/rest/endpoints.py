"""Endpoints: what a key may call."""

from pydantic import Field

from inferops.rest.base import Answer, Id, show

EXAMPLE = {
    "_id": "example-inference-instance",
    "name": "example-inference-instance",
    "status": "ACTIVE",
    "features": ["chat"],
    "model": "llama-3.1-8b",
    "path": "v2/example-inference-instance-9ae1b1f0/openai/v1",
}


class Endpoint(Answer):
    """An instance, as far as who calls it has to know it."""

    model_config = show(EXAMPLE)
    id: Id
    name: str
    status: str = Field(description="As of instances; PENDING: asleep, the next request wakes it.")
    features: list[str] = Field(description="Of its model; empty where nobody knows what an image can do.")
    model: str | None = Field(description="The model name that requests carry; null: its Model is gone.")
    path: str = Field(description="Of its OpenAI-compatible API, relative to the gateway's address.")

"""Hardwares: what one replica gets."""

from pydantic import Field

from inferops.rest.base import Answer, Price, show

EXAMPLE = {
    "id": "59651ba4-657a-41d4-8c42-00f34f732375",
    "name": "1xL40S / 16 vCPU / 232GiB RAM",
    "cpu": 16000,
    "ram": 237568,
    "gpu": {"model": "NVIDIA-L40S", "count": 1, "memory": 48},
    "hourlyPrice": 1.8,
}


class Gpu(Answer):
    """GPUs of one replica."""

    model: str
    count: int
    memory: float | None = Field(description="Memory of one GPU in GiB.")


class Hardware(Answer):
    """A hardware of the catalog."""

    model_config = show(EXAMPLE)
    id: str
    name: str = Field(description="Its name for people.")
    cpu: int = Field(description="Thousandths of a CPU.")
    ram: int = Field(description="Memory in MiB.")
    gpu: Gpu | None = Field(description="null: CPU only.")
    hourly_price: Price = Field(description="Of one replica, in a region whose factor is 1.")

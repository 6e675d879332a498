"""What users write and read back: one pydantic model for each custom resource, from which the CRDs are generated."""

from inferops.specs.apikey import API_KEY
from inferops.specs.base import Kind
from inferops.specs.catalog import HARDWARE, MODEL, REGION
from inferops.specs.instance import INSTANCE
from inferops.specs.registry import REGISTRY

KINDS: tuple[Kind, ...] = (INSTANCE, REGISTRY, API_KEY, MODEL, HARDWARE, REGION)

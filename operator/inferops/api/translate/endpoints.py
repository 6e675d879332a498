"""InferenceInstances as those see them who may only call them."""

from inferops.api.catalog import Catalog
from inferops.api.listing import Row
from inferops.api.translate.instances import show_instance
from inferops.names import Manifest, instance_id
from inferops.rest.endpoints import Endpoint
from inferops.settings import Settings
from inferops.specs.catalog import served_name

EVERYBODY = ""
"""No ApiKey's name."""
CALLERS = "callers"


def endpoint_row(obj: Manifest, catalog: Catalog, settings: Settings) -> Row:
    """For lists, with the names of the ApiKeys that may call it."""
    meta, spec = obj["metadata"], obj.get("spec") or {}
    instance = show_instance(obj, catalog, settings)
    endpoint = Endpoint(
        id=instance.id,
        name=instance.name,
        status=instance.status,
        features=instance.features,
        model=show_model_name(meta["name"], spec, catalog),
        path=f"v2/{instance_id(meta['namespace'], meta['name'])}/openai/v1",
    )
    callers = [EVERYBODY] if spec.get("auth") == "None" else spec.get("apiKeys") or []
    return Row(endpoint.model_dump_json().encode(), {CALLERS: frozenset(callers)})


def show_model_name(name: str, spec: Manifest, catalog: Catalog) -> str | None:
    """As the gateway knows it: an image of the user's own is called as the instance is."""
    if spec.get("model") is None:
        return name
    model = catalog.models.get(spec["model"])
    return None if model is None else served_name(spec["model"], model)

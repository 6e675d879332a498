"""charts/inferops/values.schema.json, from the settings and values.yaml: `python -m inferops.cli.values` writes it.

By it helm refuses a misspelt value before anything is installed, where otherwise a pod says so, or nobody.
"""

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from inferops.settings import Settings

VALUES = "charts/inferops/values.yaml"
SCHEMA = "charts/inferops/values.schema.json"
OPEN = frozenset({"labels", "resources", "engines", "regions", "hardware", "models"})
"""Maps whose keys are not ours to say, though there are defaults."""


def build_schema(values: dict[str, Any]) -> dict[str, Any]:
    """JSON Schema of the chart's values: `settings` as the processes read them, of all else the names."""
    settings = strip_titles(Settings.model_json_schema())
    definitions = settings.pop("$defs")
    schema = plan_names(values)
    schema["properties"] |= {"settings": settings, "global": {}}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": definitions, **schema}


def plan_names(default: dict[str, Any]) -> dict[str, Any]:
    """A map with the keys of its default and no others; an empty one may have any."""
    properties = {
        key: plan_names(value) if isinstance(value, dict) and value and key not in OPEN else {}
        for key, value in default.items()
    }
    return {"type": "object", "properties": properties, "additionalProperties": False}


def strip_titles(schema: Any) -> Any:
    """The schema without what pydantic adds for forms; no setting has such a name."""
    match schema:
        case dict():
            names = schema.keys() - {"title", "default", "description"}
            return {name: strip_titles(value) for name, value in schema.items() if name in names}
        case list():
            return [strip_titles(each) for each in schema]
        case _:
            return schema


def build_reference(root: Path) -> str:
    """The whole file, for the chart of the repository at `root`."""
    return json.dumps(build_schema(yaml.safe_load((root / VALUES).read_text())), indent=2) + "\n"


if __name__ == "__main__":
    root = Path(*sys.argv[1:2])
    (root / SCHEMA).write_text(build_reference(root))

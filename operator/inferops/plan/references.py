"""Which objects an object speaks of: the index by which a change of one finds the others that it concerns."""

from inferops.names import INSTANCE_LABEL, Manifest

Reference = tuple[str, str, str]
"""Kind, namespace (empty for cluster-wide kinds) and name."""


def references(obj: Manifest) -> list[Reference]:
    """What `obj` names. Reads the manifest as it is: one that does not parse has its dependencies too."""
    kind, spec, meta = obj.get("kind", ""), obj.get("spec") or {}, obj["metadata"]
    namespace = meta.get("namespace", "")
    if kind == "InferenceInstance":
        return instance_references(spec, namespace)
    if kind == "Model":
        return present("Hardware", "", [spec.get("defaultHardware")])
    if kind == "Registry":
        secrets = [(spec.get(field) or {}).get("name") for field in ("passwordSecretRef", "dockerConfigSecretRef")]
        return present("Secret", namespace, secrets)
    if kind == "ApiKey":
        return present("Secret", namespace, [(spec.get("secretRef") or {}).get("name")])
    if kind == "Pod":
        return present("InferenceInstance", namespace, [(meta.get("labels") or {}).get(INSTANCE_LABEL)])
    return []


def index_keys(obj: Manifest) -> list[Reference]:
    """By what an object is found and counted: what it names, what it asks for, and its phase."""
    return (
        references(obj)
        + claims(obj)
        + model_claim(obj)
        + present("Phase", "", [(obj.get("status") or {}).get("phase")])
    )


def claims(obj: Manifest) -> list[Reference]:
    """Host names that an instance asks for: the whole name, and its first label, which may be another instance's id."""
    if obj.get("kind") != "InferenceInstance":
        return []
    host: str = ((obj.get("spec") or {}).get("ingress") or {}).get("host") or ""
    return [("Host", "", name) for name in (host.lower(), host.partition(".")[0].lower())] if host else []


def model_claim(obj: Manifest) -> list[Reference]:
    """The model by whose name requests on the shared host find one instance of a namespace, or those who share it."""
    if obj.get("kind") != "InferenceInstance":
        return []
    return present("ModelName", obj["metadata"].get("namespace", ""), [(obj.get("spec") or {}).get("model")])


def instance_references(spec: Manifest, namespace: str) -> list[Reference]:
    """Everything that an instance's spec names; the default hardware of its Model is the Model's reference."""
    return [
        *present("Model", "", [spec.get("model")]),
        *present("Hardware", "", [spec.get("hardware")]),
        *present("Region", "", [region.get("region") for region in spec.get("regions") or []]),
        *present("Registry", namespace, [spec.get("registry")]),
        *present("ApiKey", namespace, spec.get("apiKeys") or []),
    ]


def defaults(found: Manifest) -> list[Reference]:
    """What an object that an instance names stands in for: a Model's default hardware. A Registry's Secret is its own
    affair.
    """
    return references(found) if found["kind"] == "Model" else []


def present(kind: str, namespace: str, names: list[str | None]) -> list[Reference]:
    """References to those of the names that are given."""
    return [(kind, namespace, name) for name in names if name]
